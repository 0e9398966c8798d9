/** A surrounding for the suite on a real board: what that cannot do is skipped, and the test's name says why. */
import { TestEnvironment } from "jest-environment-node";
import { bare, needs } from "./needs";

type Block = { name: string; parent?: Block };
const whole = ({ name, parent }: Block): string => (parent?.parent ? `${whole(parent)} ${name}` : name);

export default class Skipping extends TestEnvironment {
  private needs = needs(process.env.HIL_REHEARSED!, !!process.env.JIG);

  handleTestEvent(event: { name: string; test?: any }): void {
    if (event.name !== "test_start") return;
    const { test } = event;
    const why = this.needs[bare(whole(test))] ?? "needs a rehearsal on the virtual board, which did not have it";
    if (!why) return;
    test.mode = "skip";
    test.name += ` (${why})`;
  }
}
