import { applyToken, nothingPaid, type Paid } from "../../firmware/credit/credit";
import {
  DISABLE,
  remember,
  SYNC,
  skipToNear,
  startingCode,
  startWalk,
  stepWalk,
  type Unit,
  type Walk,
} from "../../firmware/token/decode";
import type { Entry } from "../bench/oracle";

const words = (hex: string) => [0, 8, 16, 24].map((at) => Buffer.from(hex, "hex").readInt32LE(at / 2));

/** The firmware's own decoder and credit, without the door around them: no delay after wrong tokens. */
export class Decoder {
  unit: Unit;
  paid: Paid;
  constructor(u: { key: string; startingCode?: number; count?: number; timeDivider?: number; restricted?: boolean }) {
    const key = words(u.key);
    this.unit = {
      serial: "A1",
      key,
      startingCode: u.startingCode ?? startingCode(key),
      timeDivider: u.timeDivider ?? 1,
      restricted: u.restricted ? 1 : 0,
    };
    this.paid = nothingPaid(u.count ?? 1);
  }
  secondsLeft(now: number): number {
    return Math.max(0, this.paid.until - now);
  }
  /** Hashes of the last decode. */
  hashes = 0;
  /** Where decodes may start besides; tests of tables put theirs here. */
  skip = (walk: Walk) => skipToNear(walk, this.paid);
  walk(token: string): Walk {
    const walk = startWalk(this.unit, this.paid, token);
    this.skip(walk);
    for (this.hashes = 0; !walk.result; ) {
      const { count } = walk;
      stepWalk(walk, this.unit, this.paid, 1);
      if (walk.count > count) this.hashes++;
    }
    return walk;
  }
  enter(token: string, now: number): Entry {
    const walk = this.walk(token);
    if (walk.result !== "VALID")
      return { result: walk.result === "INVALID" ? "invalid" : "used", kind: null, value: null, count: null };
    remember(walk, this.paid);
    applyToken(this.paid, this.unit, walk, now);
    const special = walk.extended ? undefined : { [SYNC]: "sync", [DISABLE]: "disable" }[walk.value];
    const kind = walk.extended ? "extended" : (special ?? (walk.count % 2 ? "set" : "add"));
    return { result: "valid", kind: kind as Entry["kind"], value: special ? null : walk.value, count: walk.count };
  }
}
