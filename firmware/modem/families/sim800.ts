/**
 * SIMCom SIM800L, SIM800C and kin: 2G. "SIM800 Series AT Command Manual V1.10", "SIM800 Series TCPIP Application Note V1.2",
 * "SIM800 Series IP Application Note V1.04". Its TLS ends at 1.0 and checks no certificate.
 */

declare const LEAN: boolean;
declare const SERVICE: boolean;

/** The texts of a family: scripts for the engine (see ../at.ts) and a few words for the session (see ../modem.ts). */
export function sim800(name: string): string {
  switch (name) {
    case "unasked":
      return "|+CMTI:s|RDY1|NORMALPOWERDOWN0|UNDER-VOLTAGEPOWERDOWN0|+PDP:DEACT3|+SAPBR1:DEACT3|+CIPRXGET:1d|CLOSEDc|";
    // Seconds that the power key is held to switch on (1 at least; from 1.5 on it would switch off).
    case "press":
      return "1.2";
    // Where else to ask for registration, besides CREG: GPRS.
    case "reg":
      return "G";
    case "old":
      return "TLS 1.0";
    case "boot":
      return "+CLTS=1|OK||?";
    case "data":
      return "+CGATT=1|OK|75";
    case "time":
      return "+CCLK?|+CCLK: OK||?|t";
    case "clear":
      return `+HTTPTERM|OK||?
+SAPBR=0,1|OK|65|?
+CIPSHUT|SHUTOK|65|?`;
    case "tcp":
      return LEAN
        ? `+CIPRXGET=1
+CSTT="$a","$u","$w"
+CIICR|OK|85|1
+CIFSR|.||1
+CIPSTART="TCP","$h",$o|OK CONNECTOK|75|1`
        : "";
    case "talk":
      return LEAN
        ? `+CIPSEND=$n|> ^ SENDOK|30|1|w
+CIPRXGET=2,$m|+CIPRXGET:2, % OK|5|90|v`
        : "";
    case "http":
      return SERVICE
        ? `+SAPBR=3,1,"Contype","GPRS"
+SAPBR=3,1,"APN","$a"
+SAPBR=3,1,"USER","$U"
+SAPBR=3,1,"PWD","$W"
+SAPBR=1,1|OK|85
+HTTPINIT
+HTTPPARA="CID",1
+HTTPPARA="URL","$R"
+HTTPPARA="CONTENT","$T"
+HTTPPARA="USERDATA","Authorization:$A"
+HTTPSSL=1$s`
        : "";
    case "send":
      return SERVICE
        ? `+HTTPDATA=$N,20000|DOWNLOAD ^ OK|20|1
+HTTPACTION=1|OK +HTTPACTION:1,|130|1|h
+HTTPREAD=$f,$m|+HTTPREAD: # OK||1|r`
        : "";
    case "off":
      return "+CPOWD=1|OK||?";
    case "sleep":
      return "+CSCLK=1";
  }
  return "";
}
