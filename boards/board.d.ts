// Made from boards/schema.json: npx tsx build/boards.ts --types

export type Note = string;
/**
 * As the interpreter names it: D5, A0.
 */
export type Pin = string;
/**
 * On I2C, 7 bits.
 */
export type Address = number;

/**
 * A board and what is soldered to it: pins, parts, limits, budgets. The firmware for it is built from this file alone.
 */
export interface Board {
  /**
   * For editors: ./schema.json
   */
  $schema?: string;
  /**
   * Name of this file, without its ending; the device says it in #INFO.
   */
  name: string;
  /**
   * For people, on one line.
   */
  title: string;
  /**
   * Espruino's name of the build that runs on it; build/chips.ts knows its pins.
   */
  espruino: string;
  /**
   * What whoever builds it has to know.
   */
  notes?: string[];
  /**
   * What of it was tried on hardware; false: nothing.
   */
  tested: false | string;
  /**
   * Whether the firmware uses its routines in Thumb code.
   */
  native?: boolean;
  /**
   * What the interpreter has: variables, and bytes of Storage.
   */
  limits: {
    variables: number;
    storage: number;
  };
  /**
   * What the firmware may take: bytes of the bundle, variables at rest and at most.
   */
  budget: {
    bytes: number;
    idle: number;
    peak: number;
    note?: Note;
  };
  /**
   * The controller's flash: where Storage begins, and what neither it nor the interpreter uses.
   */
  map: {
    storage: number;
    free?: Area;
  };
  /**
   * Pins that something without a driver has, or will have, and what that is.
   */
  reserved?: {
    [k: string]: string;
  };
  i2c: {
    port: string;
    scl: Pin;
    sda: Pin;
    /**
     * Hertz.
     */
    bitrate: number;
    circuit?: Circuit;
    note?: Note;
  };
  /**
   * The factory port. "software" is one without hardware of its own, at 9600 or less.
   */
  serial: {
    port: string;
    baud: number;
    tx: Pin;
    rx: Pin;
    circuit?: Circuit;
    note?: Note;
  };
  /**
   * Lamps and tones by what became of a token: a file of firmware/keypad/profiles.
   */
  profile: string;
  settings: {
    /**
     * Seconds between two stores of the time: 60 with an EEPROM, 3600 in flash alone.
     */
    interval: number;
    /**
     * Seconds that local time is ahead of UTC.
     */
    utcOffset: number;
    /**
     * Where the table of codes is (docs/store.md), 16 KB from a page on, and how fast it is carried forward.
     */
    table?: {
      /**
       * 1: in the controller's flash; 0: in the EEPROM.
       */
      flash: 0 | 1;
      position: number;
      /**
       * Of a slice.
       */
      hashes: number;
      /**
       * Milliseconds between two slices.
       */
      pause: number;
    };
  };
  /**
   * The product's own code. See docs/product.md.
   */
  product?: {
    /**
     * A file from the root, without its ending, that exports product(device, io, pins).
     */
    code: string;
    /**
     * Pins that it drives, by the names that it gets them under. They are low at the start.
     */
    outputs?: {
      [k: string]: Pin;
    };
    /**
     * Pins that it reads, closed to ground by a key or a switch.
     */
    inputs?: {
      [k: string]: Pin;
    };
    note?: Note;
  };
  /**
   * What is measured and reported; build/metrics.ts checks it.
   */
  metrics?: import("../firmware/metrics/format").MetricsSection;
  /**
   * Parts that are to come, by what they will be: their pins are kept for them, and the bundle has none of them.
   */
  planned?: {
    modem?: Modem | Other;
    [k: string]: Other | Modem | undefined;
  };
  /**
   * What is soldered on, by what the firmware takes it for.
   */
  parts: {
    output: Loadswitch | Other;
    flash?: Flash | Other;
    rtc: Rtc | Other;
    memory: At24 | Flash | Other;
    keypad: Matrix | Pcf8574 | Keys | Other;
    display?: Tm1637 | Hd44780 | Other;
    green?: Led | Other;
    red?: Led | Other;
    buzzer?: Buzzer | Other;
    modem?: Modem | Other;
    [k: string]:
      | Other
      | Loadswitch
      | Flash
      | Rtc
      | At24
      | Matrix
      | Pcf8574
      | Keys
      | Tm1637
      | Hd44780
      | Led
      | Buzzer
      | Modem
      | undefined;
  };
}
export interface Area {
  position: number;
  bytes: number;
}
/**
 * What is soldered around it, by name; the build's rules read pulldown, pullups and backup.
 */
export interface Circuit {
  [k: string]: string;
}
export interface Modem {
  driver: "modem";
  family: "sim800" | "sim7600" | "a7670" | "sim7080" | "sim7070" | "bg95" | "eg915" | "ec21";
  port: string;
  /**
   * 115200 if left out.
   */
  baud?: number;
  /**
   * Bytes of an answer that are read at once, 64 if left out; 48 where longer bursts lose some.
   */
  burst?: number;
  /**
   * As the interpreter names it: D5, A0.
   */
  tx: string;
  rx: Pin;
  /**
   * As the interpreter names it: D5, A0.
   */
  key?: string;
  /**
   * The level that presses it: 0 at the key itself, 1 behind a transistor; 0 if left out.
   */
  keyLevel?: 0 | 1;
  /**
   * As the interpreter names it: D5, A0.
   */
  supply?: string;
  /**
   * The level that switches it on, 1 if left out.
   */
  supplyLevel?: 0 | 1;
  /**
   * As the interpreter names it: D5, A0.
   */
  status?: string;
  /**
   * As the interpreter names it: D5, A0.
   */
  dtr?: string;
  /**
   * An entry of boards/apns.json, for a unit that was told nothing else at the factory port.
   */
  apn?: string;
  pin?: string;
  /**
   * POSTs over a raw connection, with a short head.
   */
  lean?: boolean;
  /**
   * POSTs over the modem's own HTTP service, which has TLS.
   */
  service?: boolean;
  /**
   * Whether HTTP without TLS, and TLS below 1.2 on a modem that has no better, may be used.
   */
  plain?: boolean;
  /**
   * Whether text messages are read for tokens.
   */
  sms?: boolean;
  /**
   * Whether it sleeps between reports, by dtr, in place of being off.
   */
  doze?: boolean;
  /**
   * A file of boards/ca: the authority that the server's certificate must come from.
   */
  ca?: string;
  circuit?: Circuit;
  note?: Note;
}
/**
 * A part whose driver is a file that this schema does not know: it checks its options itself.
 */
export interface Other {
  driver: string;
  circuit?: Circuit;
  note?: Note;
  [k: string]: unknown;
}
export interface Loadswitch {
  driver: "loadswitch";
  pin: Pin;
  /**
   * As the interpreter names it: D5, A0.
   */
  sense?: string;
  circuit?: Circuit;
  note?: Note;
}
/**
 * Pages of the controller's own flash: at a position, or inside a file of Storage that is reserved once.
 */
export interface Flash {
  driver: "flash";
  position?: number;
  file?: string;
  pages: number;
  /**
   * Bytes that one erase takes.
   */
  page: number;
  circuit?: Circuit;
  note?: Note;
}
export interface Rtc {
  driver: "ds3231" | "pcf8563" | "rv3028";
  address: Address;
  circuit?: Circuit;
  note?: Note;
}
export interface At24 {
  driver: "at24";
  address: number;
  bytes: 4096 | 8192 | 16384 | 32768 | 65536;
  page: 32 | 64 | 128;
  circuit?: Circuit;
  note?: Note;
}
export interface Matrix {
  driver: "matrix";
  /**
   * @minItems 1
   * @maxItems 4
   */
  rows: Pin[];
  /**
   * @minItems 1
   * @maxItems 4
   */
  columns: Pin[];
  /**
   * As printed, row by row.
   */
  keys?: string;
  circuit?: Circuit;
  note?: Note;
}
/**
 * Rows at P3 (the top one) to P0, columns at P6 (the left one) to P4.
 */
export interface Pcf8574 {
  driver: "pcf8574";
  address: Address;
  /**
   * As the interpreter names it: D5, A0.
   */
  interrupt: string;
  /**
   * As printed, row by row.
   */
  keys?: string;
  circuit?: Circuit;
  note?: Note;
}
/**
 * The four keys 1 to 4, for units with the restricted digit set.
 */
export interface Keys {
  driver: "keys";
  /**
   * @minItems 4
   * @maxItems 4
   */
  pins: Pin[];
  /**
   * Whether a pressed key reads 1.
   */
  activeHigh?: boolean;
  circuit?: Circuit;
  note?: Note;
}
export interface Tm1637 {
  driver: "tm1637";
  clk: Pin;
  dio: Pin;
  digits?: number;
  circuit?: Circuit;
  note?: Note;
}
/**
 * Text display on four data lines; its R/W at ground.
 */
export interface Hd44780 {
  driver: "hd44780";
  rs: Pin;
  en: Pin;
  /**
   * D7, D6, D5, D4 of the display.
   *
   * @minItems 4
   * @maxItems 4
   */
  data: Pin[];
  /**
   * As the interpreter names it: D5, A0.
   */
  light?: string;
  /**
   * Characters of a line; it has at least 16 in all.
   */
  columns?: 8 | 16 | 20;
  circuit?: Circuit;
  note?: Note;
}
export interface Led {
  driver: "led";
  pin: Pin;
  activeLow?: boolean;
  circuit?: Circuit;
  note?: Note;
}
export interface Buzzer {
  driver: "buzzer";
  pin: Pin;
  circuit?: Circuit;
  note?: Note;
}
