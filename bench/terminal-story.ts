/** `npm run demo`: the life of one device as a story that checks itself. */
import type { VirtualBoard } from "./board";
import { DEMO } from "./demo-unit";
import { encode, type Kind } from "./encode";
import { dateAndTime } from "./terminal-screen";

const DAY = 86400;

/** The set-up line of the demo unit, as the board's keypad can enter its tokens. */
export const setupLine = ({ fourKeys }: VirtualBoard) =>
  ["#SETUP", DEMO.serial, DEMO.startingCode, DEMO.key, DEMO.count, DEMO.timeDivider, Number(fourKeys)].join(";");

/** What a person has to see: the lamp, and what the display shows; "" is dark. */
type Seen = { lamp: boolean; display: string };

const words = ({ lamp, display }: Seen) => `lamp ${lamp ? "on " : "off"}  display ${display || "dark"}`;

/** Plays the story on a new board. Returns "" or what went wrong; `say` gets a line a step. */
export function story(board: VirtualBoard, say: (line: string) => void): string {
  const restricted = board.fourKeys;
  const setup = setupLine(board);
  let heard: string[] = [];
  let count = DEMO.count;
  let last = "";
  board.onLine = (line) => heard.push(line);

  const ask = (line: string) => {
    heard = [];
    board.send(line);
    board.wait(1);
    return heard.join(" ");
  };
  const type = (token: string) => {
    last = token;
    board.press(`*${token}`);
    board.wait(1);
  };
  /** Types a new token; its count is known, since every one before it was taken. */
  const pay = (kind: Kind, days?: number) => {
    const made = encode({ ...DEMO, restricted, count, kind, days });
    count = made.count;
    type(made.token);
  };
  const secondsLeft = () => {
    const answer = ask("#STATUS");
    const left = /^#STATUS;ACTIVE;(\d+)$/.exec(answer);
    if (!left) throw new Error(`#STATUS was answered with "${answer}"`);
    return Number(left[1]);
  };
  const away = (seconds: number) => {
    board.cut();
    board.wait(seconds);
    board.on();
    board.wait(1);
  };

  const steps: [what: string, act: () => unknown, seen: Seen][] = [
    [
      "A new device is switched on and asks to be set up",
      () => {
        board.on();
        board.wait(1);
      },
      { lamp: false, display: "SEt" },
    ],
    [
      "The factory sets it up, the second time in vain",
      () => {
        const answers = [ask(setup), ask(setup)].join(" ");
        board.press("#");
        if (answers !== "#SETUP;OK #SETUP;ERROR;SET_UP_ALREADY") return `it answered "${answers}"`;
      },
      { lamp: false, display: "0" },
    ],
    [
      "Somebody tries a wrong token",
      () => type(restricted ? "444433332222111" : "000000000"),
      { lamp: false, display: "Err" },
    ],
    [
      "Token entry is closed now, for a minute",
      () => board.press(restricted ? "1" : "*"),
      { lamp: false, display: "L1" },
    ],
    [
      "After it, a token for 7 days is typed",
      () => {
        board.wait(61);
        pay("add", 7);
      },
      { lamp: true, display: "7" },
    ],
    ["The same token once more gives nothing", () => type(last), { lamp: true, display: "USEd" }],
    ["The seven days are still there", () => board.press("#"), { lamp: true, display: "7" }],
    ["The power is cut", () => board.cut(), { lamp: false, display: "" }],
    [
      "Three days later the power is back: 4 days are left",
      () => {
        board.wait(3 * DAY);
        board.on();
        board.wait(1);
        board.press("#");
      },
      { lamp: true, display: "4" },
    ],
    ["A token for 1 day more", () => pay("add", 1), { lamp: true, display: "5" }],
    [
      "Time passes, until 2 seconds are left",
      () => {
        away(secondsLeft() - 20);
        const left = secondsLeft();
        board.wait(left - 3);
        board.press("#");
        if (left < 15 || left > 20) return `it said that ${left} seconds were left`;
      },
      { lamp: true, display: "1" },
    ],
    [
      "The credit ends, and the lamp goes off",
      () => {
        board.wait(3);
        board.press("#");
      },
      { lamp: false, display: "0" },
    ],
    ["A token sets the credit to 30 days", () => pay("set", 30), { lamp: true, display: "30" }],
    ["The last instalment: a token unlocks the device for ever", () => pay("disable"), { lamp: true, display: "FrEE" }],
    [
      "A year without power changes nothing about that",
      () => {
        away(365 * DAY);
        board.press("#");
      },
      { lamp: true, display: "FrEE" },
    ],
    ["A token that sets 0 days brings pay-as-you-go back", () => pay("set", 0), { lamp: false, display: "0" }],
  ];

  for (const [what, act, expected] of steps) {
    let wrong = "";
    try {
      const answer = act();
      if (typeof answer === "string") wrong = answer;
    } catch (error) {
      wrong = (error as Error).message;
    }
    const { time, load, display } = board.state();
    const seen = { lamp: load, display: display.trim() };
    const due = words({ ...expected, display: board.reads(expected.display) });
    if (!wrong && words(seen) !== due) wrong = `expected  ${due}`;
    if (!wrong && board.uncaught.length) wrong = `the firmware threw: ${board.uncaught.join(", ")}`;
    say(`${wrong ? "✗" : "✓"} ${dateAndTime(time).padEnd(20)}  ${what.padEnd(58)}${words(seen)}`);
    if (wrong) return `${what}: ${wrong}`;
  }
  return "";
}
