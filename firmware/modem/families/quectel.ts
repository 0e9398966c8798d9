/**
 * Quectel BG95, EG915 and EC21. "EC2x&EG9x&EM05 HTTP(S) AT Commands Manual V1.0", "BG95&BG77 HTTP(S) Application Note V1.0",
 * and the TCP/IP, SSL and FILE manuals of both series. It takes the request's head from us, and gives the answer's body whole.
 */

declare const LEAN: boolean;
declare const SERVICE: boolean;

/** The texts of a family: scripts for the engine (see ../at.ts) and a few words for the session (see ../modem.ts). */
export function quectel(name: string): string {
  switch (name) {
    case "unasked":
      return '|+CMTI:s|RDY1|POWEREDDOWN0|NORMALPOWERDOWN0|+QIURC:"recv"d|+QIURC:"closed"c|+QIURC:"pdpdeact"3|';
    case "press":
      return ".55";
    case "reg":
      return "E";
    case "boot":
      return "+CTZU=1|OK||?";
    case "data":
      return "+CGATT=1|OK|75";
    case "time":
      return "+QLTS=1|+QLTS: OK||?|T";
    case "clear":
      return `+QHTTPSTOP|OK||?
+QICLOSE=0|OK|10|?
+QIDEACT=1|OK|40|?
+QICSGP=1,1,"$a","$u","$w",1
+QIACT=1|OK|150|1`;
    case "tcp":
      return LEAN ? `+QIOPEN=1,0,"TCP","$h",$o,0,0|OK +QIOPEN:0,|150|1|z` : "";
    case "talk":
      return LEAN
        ? `+QISEND=0,$n|> ^ SENDOK|30|1|w
+QIRD=0,$m|+QIRD: # OK|5|90|v`
        : "";
    case "http":
      return SERVICE
        ? `+QHTTPCFG="contextid",1
+QHTTPCFG="requestheader",1
+QHTTPCFG="responseheader",0|OK||?
+QHTTPCFG="sslctxid",1$s
+QSSLCFG="sslversion",1,3$s
+QSSLCFG="seclevel",1,1$s
+QSSLCFG="cacert",1,"ca.pem"$s
+QSSLCFG="ignorelocaltime",1,1$s|OK||?
+QSSLCFG="sni",1,1$s|OK||?
+QSSLCFG="session",1,1$s|OK||?
+QHTTPURL=$L,80|CONNECT ^ OK|30|1`
        : "";
    case "send":
      return SERVICE
        ? `+QHTTPPOST=$M,60,60|CONNECT ^ OK +QHTTPPOST:|130|1|h
+QHTTPREAD=80$q|CONNECT ~ OK +QHTTPREAD:|90|1|z`
        : "";
    case "ca":
      return `+QFDEL="ca.pem"|OK||?
+QFUPL="ca.pem",$K,60|CONNECT ^ +QFUPL: OK|60|1`;
    case "off":
      return "+QPOWD=1|OK DOWN|30|?";
    case "sleep":
      return "+QSCLK=1";
  }
  return "";
}
