/** A place on the bench with a TCP port: virtual devices come and go there, in the computer's time. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { VirtualBoard } from "../../bench/board";
import { nodeEngine } from "../../bench/engines/node";
import type { Bundle } from "../../build/bundle";

const STEP = 10;

export class TcpPlace {
  /** The device that lies there, if one does. */
  board?: VirtualBoard;
  name = "";
  private server!: Server;
  private sockets = new Set<Socket>();
  private timer?: NodeJS.Timeout;

  constructor(private built: Bundle) {}

  async open(): Promise<string> {
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => {});
      socket.on("data", (data) => {
        this.pass();
        if (this.board?.powered) this.board.type(data.toString("latin1"));
      });
    });
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    this.name = `tcp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    this.timer = setInterval(() => this.pass(), STEP);
    return this.name;
  }

  /** The world's time is the computer's again. */
  private pass(): void {
    if (this.board) this.board.wait(Math.max(0, Date.now() - this.board.world.now) / 1000);
  }

  /** Puts a device here, and gives it power. */
  put(chip: string, change: (board: VirtualBoard) => void = () => {}): VirtualBoard {
    this.takeOff();
    // Starting takes the device time, which the computer has not spent.
    const board = new VirtualBoard(this.built.board, this.built.code, nodeEngine, Date.now() / 1000 - 2);
    board.controller.chip = chip;
    board.onLine = (line) => {
      for (const socket of this.sockets) socket.write(`${line}\r\n`);
    };
    change(board);
    board.on();
    this.board = board;
    return board;
  }

  takeOff(): void {
    this.board?.cut();
    this.board = undefined;
  }

  end(): void {
    clearInterval(this.timer);
    this.takeOff();
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
