/** A board on a desk: lines to its factory port, tokens of its seller, and hands on its parts. */
import { VirtualBoard } from "../../bench/board";
import { encode, type TokenRequest } from "../../bench/encode";
import { nodeEngine } from "../../bench/engines/node";
import type { Bundle } from "../../build/bundle";

export const START = 1795305600;
export const UNIT = { key: "a29ab82edc5fbbc41ec9530f6dac86b1", startingCode: 123456789 };
export const DAY = 86400;

export class Desk {
  readonly board: VirtualBoard;
  private lines: string[] = [];

  constructor({ board, code }: Bundle, make = nodeEngine) {
    this.board = new VirtualBoard(board, code, make, START);
    this.board.onLine = (line) => this.lines.push(line);
    this.board.on();
  }

  /** The device's answer to a line. */
  ask(line: string): string {
    this.lines.length = 0;
    this.board.send(line);
    for (let i = 0; i < 400 && !this.lines.length; i++) this.board.wait(0.02);
    if (this.board.uncaught.length) throw new Error(this.board.uncaught.join());
    return this.lines[0];
  }

  info() {
    return JSON.parse(this.ask("#INFO"));
  }

  setUp(key = UNIT.key): void {
    if (this.ask(`#SETUP;S1;${UNIT.startingCode};${key}`) !== "#SETUP;OK") throw new Error("not set up");
  }

  token(request: Partial<TokenRequest>): string {
    return encode({ ...UNIT, count: 1, kind: "add", ...request }).token;
  }

  enter(token: string): string {
    return this.ask(`#TOKEN;${token}`).slice(7);
  }

  /** Leaves no interpreter behind. */
  end(): void {
    this.board.cut();
  }

  /** Power off for some seconds; `hands` do something meanwhile. */
  off(seconds: number, hands: () => void = () => {}): void {
    this.board.cut();
    this.board.wait(seconds);
    hands();
    this.board.on();
    this.board.wait(0.5);
  }
}
