/**
 * SIMCom SIM7600 and A7670 and kin: LTE Cat 1. "SIM7500_SIM7600 Series AT Command Manual V2.00" and the TCP/IP, HTTP and
 * SSL manuals of both series.
 */

declare const LEAN: boolean;
declare const SERVICE: boolean;

/** The texts of a family: scripts for the engine (see ../at.ts) and a few words for the session (see ../modem.ts). */
export function sim7600(name: string): string {
  switch (name) {
    case "unasked":
      return "|+CMTI:s|RDY1|NORMALPOWERDOWN0|+CIPEVENT:3|+CIPRXGET:1d|+IPCLOSE:c|";
    case "press":
      return ".6";
    case "reg":
      return "E";
    case "boot":
      return "+CTZU=1|OK||?";
    case "data":
      return `+CGDCONT=1,"IP","$a"
+CGAUTH=1,1,"$w","$U"|OK||?
+CGATT=1|OK|75
+CGACT=1,1|OK|75|1?`;
    case "time":
      return "+CCLK?|+CCLK: OK||?|t";
    case "clear":
      return `+HTTPTERM|OK||?
+CIPCLOSE=0|OK +CIPCLOSE:||?
+NETCLOSE|OK +NETCLOSE:||?`;
    case "tcp":
      return LEAN
        ? `+CIPRXGET=1
+NETOPEN|OK +NETOPEN:|75|1?
+CIPOPEN=0,"TCP","$h",$o|OK +CIPOPEN:0,|75|1|z`
        : "";
    case "talk":
      return LEAN
        ? `+CIPSEND=0,$n|> ^ OK +CIPSEND:|30|1|w
+CIPRXGET=2,0,$m|+CIPRXGET:2, % OK|5|90|v`
        : "";
    case "http":
      return SERVICE
        ? `+CSSLCFG="sslversion",0,3$s
+CSSLCFG="authmode",0,1$s
+CSSLCFG="ignorelocaltime",0,1$s
+CSSLCFG="cacert",0,"ca.pem"$s
+CSSLCFG="enableSNI",0,1$s
+HTTPINIT
+HTTPPARA="SSLCFG",0$s|OK||?
+HTTPPARA="URL","$R"
+HTTPPARA="CONTENT","$T"
+HTTPPARA="USERDATA","Authorization:$A"`
        : "";
    case "send":
      return SERVICE
        ? `+HTTPDATA=$N,30|DOWNLOAD ^ OK|30|1
+HTTPACTION=1|OK +HTTPACTION:1,|130|1|h
+HTTPREAD=$f,$m|OK +HTTPREAD: # +HTTPREAD:0||1|r`
        : "";
    case "ca":
      return '+CCERTDOWN="ca.pem",$K|> ^ OK|20|1';
    case "off":
      // It takes 26 s to be off (hardware design manuals of its kind). No line is DOWN alone: all of the time is waited.
      return "+CPOF|OK DOWN|30|?";
    case "sleep":
      return "+CSCLK=1";
  }
  return "";
}
