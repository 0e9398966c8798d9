/**
 * The suite on a real board, at SERIAL, with the jig at JIG if there is one. `npm run test:hil` runs it; docs/hil.md.
 * @jest-environment ./test/hil/skipping.ts
 */
import { RealBoard } from "./real";
import { suite } from "./suite";

suite("serial");
afterAll(() => RealBoard.close());
