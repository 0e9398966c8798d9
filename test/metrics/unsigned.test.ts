/** Answers that nobody signed: what they bring is worth what a stranger's word is. */
import { type Bundle, bundle } from "../../build/bundle";
import { Desk } from "../store/desk";

let built: Bundle;
beforeAll(async () => {
  built = await bundle("esp32");
});

let desk: Desk;
beforeEach(() => {
  desk = new Desk(built);
  desk.setUp();
  desk.board.wait(180);
});
afterEach(() => desk.end());

const answer = (json: object): string => {
  const asked = desk.ask("#METRICS");
  if (!asked.startsWith("{")) throw new Error(asked);
  return desk.ask(`#ANSWER;${JSON.stringify(json)}`);
};

test("tokens of theirs that are wrong close the entry as typed ones do, and a closed one takes none", () => {
  expect(answer({ tkl: ["111111111"] })).toBe("#ANSWER;OK");
  expect(desk.info().lockout).toBeGreaterThan(0);
  const right = desk.token({ value: 30 });
  expect(answer({ tkl: [right] })).toBe("#ANSWER;OK");
  expect(desk.info().credit).toBe(0);
  desk.board.wait(120);
  expect(answer({ tkl: [right] })).toBe("#ANSWER;OK");
  expect(desk.info().credit).toBeGreaterThan(0);
});

test("what they call an id is not the number of the data format", () => {
  expect(answer({ id: 4711 })).toBe("#ANSWER;OK");
  expect(desk.ask("#METRICS")).not.toContain("4711");
});
