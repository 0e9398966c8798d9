/**
 * The part of Espruino that this project uses, as measured on 2v29. The published types are older and incomplete, and
 * would let through what boards do not have.
 */
declare function digitalWrite(pin: unknown, value: number): void;
declare function digitalRead(pin: unknown): number;
declare function analogRead(pin: unknown): number;
declare function pinMode(pin: unknown, mode: string): void;
declare function analogWrite(pin: unknown, value: number, options: { freq: number }): void;
declare function setWatch(fn: (event: { state: boolean }) => void, pin: unknown, options: object): number;
declare function getTime(): number;
declare function setTimeout(fn: () => void, ms: number): number;
declare function clearTimeout(id: number): void;
declare function atob(base64: string): string;
declare function getSerial(): string;
declare namespace process {
  function memory(): { usage: number; total: number };
  function on(event: "uncaughtException", fn: () => void): void;
}
declare namespace E {
  /** Address of the bytes of a string that lies in one piece, else 0. */
  function getAddressOf(data: string, flat: true): number;
  function CRC32(data: Uint8Array): number;
  function on(event: "errorFlag", fn: (flags: string[]) => void): void;
  function reboot(): void;
  function enableWatchdog(seconds: number, automatic: boolean): void;
  function kickWatchdog(): void;
  /** Absent on boards that were built to save flash. The call is undefined when no memory is left for the code in one piece. */
  const nativeCall: undefined | ((offset: number, signature: string, code: string) => any);
  /** Of what lies in one piece, otherwise 0. */
  function getAddressOf(data: Uint32Array, flat: true): number;
  function setConsole(device: string | null, options?: { force: boolean }): void;
}
declare const NRF: { setServices(services: undefined, options: { uart: boolean }): void } | undefined;
interface HttpRequest {
  write(data: string): void;
  end(): void;
  on(event: "drain" | "error", fn: () => void): void;
}
interface HttpResponse {
  statusCode: string;
  on(event: "data" | "close", fn: (data: string) => void): void;
}
interface Flash {
  read(length: number, address: number): Uint8Array;
  write(data: Uint8Array, address: number): void;
  erasePage(address: number): void;
}
interface Storage {
  /** Where flash is mapped into memory: a string that lies in the flash itself. */
  read(name: string): string | undefined;
  write(name: string, data: string, offset: number, size: number): boolean;
}
declare const global: {
  require(module: "Flash"): Flash;
  require(module: "Storage"): Storage;
  require(module: "Wifi"): {
    connect(ssid: string, options: { password?: string }, done: (error: string | null) => void): void;
    disconnect(): void;
  };
  require(module: "http"): { request(options: object, fn: (response: HttpResponse) => void): HttpRequest };
};
