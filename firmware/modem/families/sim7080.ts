/**
 * SIMCom SIM7080, SIM7070 and SIM7090: LTE Cat M and NB-IoT. "SIM7070_SIM7080_SIM7090 Series AT Command Manual V1.05" and the
 * TCPUDP(S) and HTTP(S) application notes. Its HTTP service takes 1024 bytes of body and 64 of URL at most; TCP has no limit.
 */

declare const LEAN: boolean;
declare const SERVICE: boolean;

/** The texts of a family: scripts for the engine (see ../at.ts) and a few words for the session (see ../modem.ts). */
export function sim7080(name: string): string {
  switch (name) {
    case "unasked":
      return "|+CMTI:s|RDY1|NORMALPOWERDOWN0|+APPPDP:0,DEACTIVE3|+CADATAIND:d|+CASTATE:0c|";
    case "press":
      return "1.5";
    case "reg":
      return "E";
    // TLS also on the raw connection.
    case "tls":
      return "1";
    case "boot":
      return "+CLTS=1|OK||?";
    case "data":
      return `+CGDCONT=1,"IP","$a"
+CGATT=1|OK|75
+CNCFG=0,1,"$a","$U","$w",3
+CNCFG=0,1,"$a"$e
+CNACT=0,1|OK|60|1?
+CNACT?|+CNACT:0, OK|3|30|n`;
    case "time":
      return "+CCLK?|+CCLK: OK||?|t";
    case "clear":
      return `+CACLOSE=0|OK||?
+SHDISC|OK||?`;
    case "tcp":
      return LEAN
        ? `+CSSLCFG="sslversion",0,3$s
+CSSLCFG="ignorertctime",0,1$s|OK||?
+CSSLCFG="sni",0,"$h"$s
+CASSLCFG=0,"SSL",$t
+CASSLCFG=0,"CRINDEX",0$s
+CASSLCFG=0,"CACERT","ca.pem"$s
+CAOPEN=0,0,"TCP","$h",$o|OK +CAOPEN:0,|75|1|z`
        : "";
    case "talk":
      return LEAN
        ? `+CASEND=0,$n|> ^ OK|30|1|w
+CARECV=0,$m|+CARECV: @ OK|5|90|v`
        : "";
    case "http":
      return SERVICE
        ? `+CSSLCFG="sslversion",1,3$s
+CSSLCFG="ignorertctime",1,1$s|OK||?
+CSSLCFG="sni",1,"$h"$s
+SHSSL=1,"ca.pem"$s
+SHCONF="URL","$S//$h:$o"
+SHCONF="BODYLEN",1024
+SHCONF="HEADERLEN",350
+SHCONN|OK|75|1
+SHCHEAD
+SHAHEAD="Content-Type","$T"
+SHAHEAD="Authorization","$A"`
        : "";
    case "send":
      return SERVICE
        ? `+SHBOD=$N,10000|> ^ OK|20|1
+SHREQ="$l",3|OK +SHREQ:|90|1|h
+SHREAD=$f,$m|OK +SHREAD: #||1|r`
        : "";
    case "ca":
      return `+CFSINIT|OK||?
+CFSWFILE=3,"ca.pem",0,$K,10000|DOWNLOAD ^ OK|20|1
+CFSTERM
+CSSLCFG="convert",2,"ca.pem"`;
    case "off":
      return "+CPOWD=1|OK||?";
    case "sleep":
      return "+CSCLK=1";
  }
  return "";
}
