import { readServer, resetServer, settleServer, writeServer } from "../../firmware/metrics/servers.shared";
import { FakeBoard } from "../fake";

const SETTINGS = { board: "fake", interval: 60, utcOffset: 0 };
const A = { base_url: "https://a.example/api", data_format_id: 0, jwt_key: "" };
const B = { base_url: `https://${"b".repeat(120)}`, data_format_id: 2147483647, jwt_key: "j".repeat(400) };
const boot = (board: FakeBoard) => board.start(SETTINGS);

test("a device knows its factory's server until it is told another, over power cuts", () => {
  const board = new FakeBoard();
  expect(readServer(boot(board))).toBeUndefined();
  for (const server of [A, B, A, B]) {
    writeServer(boot(board), server, false);
    board.cut(1);
    expect(readServer(boot(board))).toEqual(server);
  }
  resetServer(boot(board));
  board.cut(1);
  expect(readServer(boot(board))).toBeUndefined();
});

test.each([0, 53, 54, 55, 56, 109, 110, 111])("a key of %s characters comes back whole", (length) => {
  const device = boot(new FakeBoard());
  const server = { base_url: "", data_format_id: 7, jwt_key: "k".repeat(length) };
  writeServer(device, B, false);
  writeServer(device, B, false);
  writeServer(device, server, false);
  expect(readServer(device)).toEqual(server);
});

test("a new server that does not answer is left for the one before, whichever that was", () => {
  const board = new FakeBoard();
  const device = boot(board);
  writeServer(device, A, true);
  expect(readServer(device)).toEqual(A);
  settleServer(device, false);
  expect(readServer(device)).toBeUndefined();
  writeServer(device, A, true);
  settleServer(device, true);
  settleServer(device, false);
  expect(readServer(device)).toEqual(A);
  writeServer(device, B, true);
  board.cut(1);
  const again = boot(board);
  expect(readServer(again)).toEqual(B);
  settleServer(again, false);
  expect(readServer(again)).toEqual(A);
});
