/**
 * The engine that works a modem: it runs scripts of AT commands, one command in flight, and takes what the modem sends in
 * pieces of any size. It knows no modem and no network: what a command's gaps are filled with, what a reply means, where
 * data comes from and where it goes, it asks its driver.
 *
 * A script is text, one step a line: as objects, steps take five times the variables.
 *
 *     command|awaited|seconds|tries|code
 *
 * - **command** without its `AT`. `$x` stands for what the driver's `gap("x")` gives; where that is undefined, the step is
 *   left out. A command that starts with `!` is the driver's: `judge("!", what follows)`, and then `seconds` pass.
 * - **awaited**: the lines of the reply in their order, `OK` when left out. They are written without blanks, and blanks do
 *   not count. With a colon it is the start of a line, `.` is any line with one in it, any other the whole line. Where `OK`
 *   is awaited first, the line behind it may come before it. Behind a line stands what it begins:
 *   `^` the modem takes data now, before the line has ended; `#` bytes follow, as many as the line's last number says,
 *   `%` its last but one, `@` its last, and a comma is the end of that line; `*` a line that is taken as it is;
 *   `~` bytes follow until `TAIL`.
 * - **seconds** until the step has failed, counted anew when data was written; 9 when left out. Less than one is a probe.
 * - **tries**, a second apart; 2 when left out. With `?` behind it, the script goes on when they all failed.
 * - **code**: what the driver's `judge` is asked with; without one, a reply is all that is wanted.
 */
import type { ModemPort, System } from "../../hal/hal";

/** What a driver says of a step: on with the next, once more at once, once more if tries are left, give the script up. */
export const GO = 0;
export const AGAIN = 1;
export const LATER = 2;
export const STOP = 3;

export const GONE = "GONE";

/** Whom the engine asks. */
export interface Driver {
  /**
   * What stands for `$name` in a command. Asked for "|", the starts of lines that come unasked and are never a reply, without
   * blanks, a letter behind each: "|RING:r|RDY!|". Asked for ">", the next piece of the data that the step promised, at most
   * `PIECE` characters; "" when all was given.
   */
  gap(name: string): string | number | undefined;
  /**
   * What became of a step: `line` is the last line awaited, or an error's; `error` is "", "ERROR", "TIMEOUT" or what
   * `fail` was told. Asked with "^", the bytes that a modem which wants data may still wait for.
   */
  judge(code: string, line: string, error: string): number;
  /** With a letter, a line that came unasked; else the bytes of a step that succeeded, a line behind `*`, bytes before `TAIL`. */
  take(letter: string, text: string): void;
  /** A script has ended, with "" or an error. */
  done(error: string): void;
}

export interface At {
  /** Runs a script. Only when none is running. */
  run(script: string): void;
  /** Takes what the modem sends. */
  feed(data: string): void;
  /**
   * Ends the script that runs, if one does, with an error. With "" does now what would be tried again in a second. With
   * `GONE` all is over: nobody is asked or told any more.
   */
  fail(error: string): void;
}

/** Characters written at once: they fit into the buffer of every board, so that writing never waits for the wire. */
export const PIECE = 48;

/** Longest line, characters: a text message has 160. The rest of a longer one is thrown away. */
const LONGEST = 200;

/** Most bytes that are kept until their step is done; a modem that announces more is not believed. */
const MOST = 99;

/** Characters that wait to be read, beyond which what comes is lost: lines that come for ever as fast as they can. */
const FLOOD = 512;

/** Empty lines that a slice may pass over. */
const EMPTY = 4;

/** Milliseconds: between a reply and the next command, between tries, for an OK after its result. */
const BREATH = 20;
const SECOND = 1000;
const GRACE = 3000;

/** Questions to a modem that may be in the middle of a long command, a second each, before it is given up. */
const QUESTIONS = 20;

export function startAt(port: ModemPort, system: System, driver: Driver): At {
  // Steps to come; the one that runs (its fields, none: over), its seconds, how often it failed; whether there is one.
  let script = "";
  let step: string[] = [];
  let seconds = 0;
  let failed = 0;
  let running = 0;
  // What it still awaits, the last line it got, bytes that follow (-1: until TAIL), and those that came.
  let awaited: string[] = [];
  let line = "";
  let raw = 0;
  let got = "";
  // What has come, and the timer that goes on with it; what is to be written; whether data follows it; line ends to write in place of data.
  let inbox = "";
  let reading = 0;
  let out = "";
  let giving = 0;
  let filling = 0;
  // Set when a reply may come late; the questions asked to find out.
  let unsure = 0;
  let asked = 0;
  // Timers of a step and of the wire; whether the first one waits for another try.
  let timer = 0;
  let writing = 0;
  let waiting = 0;
  // What the step ends with when the timer runs out.
  let verging = "";

  /** Calls `start` or `end` later, or neither (0 ms). No closures: each would take ten variables while it waits. */
  const wait = (fn: () => void, ms: number) => {
    if (timer) system.cancel(timer);
    timer = ms ? system.after(fn, ms) : 0;
  };

  /** The step, or the question before it, has got all that it awaits, or failed. */
  const end = () => {
    const tries = step[3] || "2";
    let error = verging;
    const late = error && error !== "ERROR";
    // The modem answered, and only its OK was lost or comes late.
    const lost = error === "TIMEOUT" && !asked && line && !raw && awaited[0] === "OK" && awaited.length < 2;
    const question = asked;
    let verdict = GO;
    awaited = [];
    timer = giving = raw = asked = 0;
    out = "";
    if (question && (!error || error === "TIMEOUT")) {
      // Replies to earlier questions come right behind the last one's.
      if (!error) wait(start, SECOND);
      else if (question < QUESTIONS) {
        asked = question + 1;
        start();
      } else finish("SILENT");
      return;
    }
    if (lost || (late ? seconds >= 1 : !error && failed && seconds < 1)) unsure = 1;
    if (lost) error = "";
    if (!error && got) driver.take("", got);
    got = "";
    if (error && late && (step[1] || "").indexOf("^") > 0) {
      // A modem that waits for data takes commands for it. Line ends fill it up, and mean nothing to one that does not.
      filling = driver.judge("^", "", error);
      pump(1);
    }
    if (error && late && error !== "TIMEOUT") verdict = STOP;
    else if (step[4]) verdict = driver.judge(step[4], line, error);
    else if (error) verdict = LATER;
    if (verdict === LATER) {
      if (++failed < parseInt(tries, 10)) waiting = 1;
      else verdict = tries.indexOf("?") < 0 ? STOP : GO;
    }
    if (verdict === GO) step = [];
    if (verdict !== LATER) failed = 0;
    if (verdict === STOP) finish(error || "REFUSED");
    else wait(start, waiting && seconds >= 1 ? SECOND : BREATH);
  };

  const finish = (error: string) => {
    wait(start, 0);
    waiting = running = 0;
    driver.done(error);
  };

  /** Goes on when all has come and was written; waits if not. */
  const check = () => {
    const bare = awaited.length < 2 && line && !raw && !asked && awaited[0] === "OK";
    const over = !awaited.length && !raw;
    verging = over ? "" : "TIMEOUT";
    wait(end, giving ? 0 : over ? 1 : bare ? GRACE : seconds * SECOND);
  };

  /** Writes a piece, and the next one when that is on the wire: then it is called without an argument. */
  const pump = (more?: number) => {
    if (!more) writing = 0;
    if (writing) return;
    if (!out && filling) {
      out = "\r".repeat(Math.min(filling, PIECE));
      filling -= out.length;
    }
    if (!out && giving && !(out = driver.gap(">") as string)) {
      giving = 0;
      check();
    }
    if (!out) return;
    writing = system.after(pump, (Math.min(out.length, PIECE) * 10000) / port.baud);
    port.write(out.substr(0, PIECE));
    out = out.substr(PIECE);
  };

  /** Begins the step, or the next one. */
  const start = () => {
    let stop = script.indexOf("\n");
    let command = "";
    timer = waiting = 0;
    if (filling || writing) {
      wait(start, BREATH);
      return;
    }
    if (!step.length) {
      if (stop < 0) {
        finish("");
        return;
      }
      step = script.substr(0, stop).split("|");
      script = script.substr(stop + 1);
    } else stop = 1;
    seconds = +step[2] || 9;
    line = "";
    const parts = step[0].split("$");
    for (let i = 0; i < parts.length; i++) {
      const filled = i ? driver.gap(parts[i].charAt(0)) : "";
      if (filled === undefined || !stop) {
        step = [];
        wait(start, 1);
        return;
      }
      command += filled + parts[i].substr(i ? 1 : 0);
    }
    if (command.charAt(0) === "!") {
      seconds = +step[2] || 0;
      step = [];
      driver.judge("!", command.substr(1), "");
      wait(start, seconds * SECOND + 1);
      return;
    }
    // A late reply would answer the wrong command. Every modem knows this one, and no late reply looks like its answer.
    if (unsure && command) asked = 1;
    unsure = 0;
    awaited = asked ? ["+CSQ:", "OK"] : (step[1] || "OK").split(" ");
    if (asked) seconds = 1;
    out = "AT" + (asked ? "+CSQ" : command) + "\r";
    check();
    pump(1);
  };

  /** A line has come, or what stands for one. */
  const hear = (text: string) => {
    const s = text.split(" ").join("").trim();
    if (awaited[0] === "*") {
      awaited.shift();
      // Its further lines may look like the end of the reply.
      unsure = 1;
      driver.take("", text);
      check();
      return;
    }
    if (!s) return;
    const unasked = driver.gap("|") as string;
    // Its first letters decide for most lines, as looking at each start costs milliseconds.
    let at = s.length > 2 ? unasked.indexOf("|" + s.substr(0, 3)) + 1 : 0;
    for (let bar = at; at && (bar = unasked.indexOf("|", at)) > 0; at = bar + 1)
      if (s.indexOf(unasked.substring(at, bar - 1)) === 0) {
        driver.take(unasked.charAt(bar - 1), s);
        return;
      }
    if (!awaited.length) return;
    if (s === "ERROR" || s.substr(4, 6) === "ERROR:" || s.substr(-4) === "FAIL") {
      if (asked) return;
      line = s;
      awaited = [];
      verging = "ERROR";
      wait(end, 1);
      return;
    }
    for (let i = 0; i < awaited.length && i < 2; i++) {
      const wanted = awaited[i];
      at = s.indexOf(wanted);
      // A byte or two of noise, and the letters between +C and REG, may come before it.
      if (wanted === "." ? at > 0 : wanted.indexOf(":") > 0 ? at >= 0 && at < 4 : s === wanted) {
        const then = awaited[i + 1] || " ";
        const begins = "^~#@%".indexOf(then);
        awaited.splice(i, begins < 0 ? 1 : 2);
        if (wanted !== "OK") line = s;
        if (begins === 0) {
          line = "";
          giving = 1;
          // From a timer: whoever gives the data has all of the memory then that this call takes.
          if (!writing) writing = system.after(pump, 1);
        } else if (begins > 0) {
          const numbers = s.split(":").join(",").split(",");
          raw = begins < 2 ? -1 : parseInt(numbers[numbers.length - (begins > 3 ? 2 : 1)], 10) || 0;
        }
        check();
        if (raw > MOST) wait(end, 1);
        return;
      }
      // Only an OK may be late or lost: what else comes before its time belongs to another command.
      if (wanted !== "OK") return;
    }
  };

  /** Takes what has come, as far as the next line: one a slice. Called without data, it goes on behind that line. */
  const feed = (data?: string) => {
    // What follows bytes of unknown number.
    const TAIL = "\r\nOK\r\n\r\n+Q";
    let empty = 0;
    if (!data) reading = 0;
    else if (inbox.length < FLOOD) inbox += data;
    while (!reading && inbox) {
      if (raw > 0) {
        if (inbox.length < raw) return;
        got = inbox.substr(0, raw);
        inbox = inbox.substr(raw);
        raw = 0;
        check();
      } else if (raw) {
        const tail = inbox.indexOf(TAIL);
        const sure = tail < 0 ? inbox.length - TAIL.length : tail;
        if (sure > 0) driver.take("", inbox.substr(0, sure));
        if (sure > 0) inbox = inbox.substr(sure);
        if (tail < 0) return;
        raw = 0;
        check();
      } else {
        const comma = awaited[1] === "@" ? inbox.indexOf(",") : -1;
        let stop = inbox.indexOf("\n");
        if (comma >= 0 && (stop < 0 || comma < stop) && inbox.substr(0, comma).indexOf(awaited[0]) >= 0) stop = comma;
        if (stop < 0 && !(awaited[1] === "^" && inbox.trim() === awaited[0])) {
          inbox = inbox.substr(0, LONGEST);
          return;
        }
        const text = stop < 0 ? inbox : inbox.substr(0, Math.min(stop, LONGEST));
        inbox = stop < 0 ? "" : inbox.substr(stop + 1);
        const full = text.trim() || awaited[0] === "*";
        if (full) hear(text);
        // Bytes need no work: they do not wait. Nor does an empty line, if it is not one of many.
        if (inbox && !raw && (full || ++empty > EMPTY)) reading = system.after(feed, 1);
      }
    }
  };

  return {
    feed,

    run(text) {
      script = text + "\n";
      step = [];
      running = 1;
      failed = 0;
      wait(start, BREATH);
    },

    fail(error) {
      if (error === GONE) {
        wait(start, 0);
        if (writing) system.cancel(writing);
        if (reading) system.cancel(reading);
      } else if (!error) {
        if (waiting) wait(start, BREATH);
      } else if (awaited.length || giving) {
        verging = error;
        wait(end, 0);
        end();
      } else if (running) finish(error);
    },
  };
}
