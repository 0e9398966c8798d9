import { World } from "../../bench/world";

const START = 1_702_246_400;

describe("the queue", () => {
  test("runs in order of time, and of registration where times are equal", () => {
    const world = new World(START);
    const seen: string[] = [];
    for (const [ms, name] of [
      [20, "c"],
      [10, "a"],
      [10, "b"],
      [0, "first"],
    ] as [number, string][]) {
      world.after(ms, () => seen.push(`${name}@${world.now - START * 1000}`));
    }
    world.run(START * 1000 + 15);
    expect(seen).toEqual(["first@0", "a@10", "b@10"]);
    expect(world.now).toBe(START * 1000 + 15);
    expect(world.next()).toBe(START * 1000 + 20);
    world.run(START * 1000 + 20);
    expect(seen).toHaveLength(4);
    expect(world.next()).toBeUndefined();
  });

  test("runs what falls due on the way, at its own time", () => {
    const world = new World(0);
    const seen: number[] = [];
    const again = () => {
      seen.push(world.now);
      if (seen.length < 4) world.after(250, again);
    };
    world.after(250, again);
    world.run(1000);
    expect(seen).toEqual([250, 500, 750, 1000]);
  });

  test("forgets a cancelled event, even one that another event of the same time cancels", () => {
    const world = new World(0);
    const seen: string[] = [];
    let victim = 0;
    world.after(5, () => world.cancel(victim));
    victim = world.after(5, () => seen.push("victim"));
    world.after(5, () => seen.push("witness"));
    world.cancel(12345);
    world.run(10);
    expect(seen).toEqual(["witness"]);
  });

  test("elapsed time makes events late and never takes time back", () => {
    const world = new World(0);
    const seen: number[] = [];
    world.after(10, () => seen.push(world.now));
    world.elapse(30.5);
    expect(seen).toEqual([]);
    expect(world.next()).toBe(10);
    world.run(20);
    expect(seen).toEqual([30.5]);
    expect(world.now).toBe(30.5);
  });

  test("time that passes inside an event delays the next one", () => {
    const world = new World(0);
    const seen: number[] = [];
    world.after(10, () => world.elapse(50));
    world.after(20, () => seen.push(world.now));
    world.run(30);
    expect(seen).toEqual([60]);
    expect(world.now).toBe(60);
  });
});

describe("power for memory", () => {
  test("goes at the byte that was asked for, tells once, and stays away until the board is switched on", () => {
    const world = new World(0);
    const cut = jest.fn();
    expect(world.store()).toBe(true);
    world.cutAfter(3, cut);
    expect([world.store(), world.store(), world.store(), world.store()]).toEqual([true, true, false, false]);
    expect(cut).toHaveBeenCalledTimes(1);
    expect(world.powered).toBe(false);
    world.powered = true;
    expect([world.store(), world.store()]).toEqual([true, true]);
    expect(cut).toHaveBeenCalledTimes(1);
  });

  test("bytes that nobody stores because the power is off do not bring the cut nearer", () => {
    const world = new World(0);
    const cut = jest.fn();
    world.cutAfter(2, cut);
    world.powered = false;
    for (let i = 0; i < 5; i++) expect(world.store()).toBe(false);
    world.powered = true;
    expect([world.store(), world.store()]).toEqual([true, false]);
    expect(cut).toHaveBeenCalledTimes(1);
  });
});
