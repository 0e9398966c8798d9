/// <reference lib="dom" />
/** A real browser for tests: Debian's chromium, or the one that CHROMIUM names, with a fresh profile each time. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Milliseconds that anything may take, on a machine that has much else to do: only what never comes is a failure. */
export const PATIENCE = 120000;

/** Whether there is one. */
export const there = existsSync(executablePath);

/** A group of tests in a browser; skipped out loud where there is none. */
export const inBrowser: typeof describe = there
  ? describe
  : (Object.assign(
      (name: string, run: () => void) => describe.skip(`${name} (needs chromium)`, run),
      describe.skip,
    ) as any);

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--force-color-profile=srgb",
      "--font-render-hinting=none",
    ],
  });

/** A page as a person uses it: what it says, and its buttons by their names. */
export class Hand {
  /** What went wrong in it. */
  readonly errors: string[] = [];

  constructor(readonly page: Page) {
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(message.text());
    });
    page.setDefaultTimeout(PATIENCE);
  }

  press(name: string | RegExp): Promise<void> {
    return this.page
      .getByRole("button", { name, exact: typeof name === "string" })
      .first()
      .click();
  }

  tab(name: string): Promise<void> {
    return this.page.getByRole("tab", { name }).click();
  }

  key(name: string): Promise<void> {
    return this.page.getByRole("button", { name: `key ${name}`, exact: true }).click();
  }

  /** Waits until the sentence says that. */
  async says(words: string | RegExp): Promise<void> {
    const sentence = this.page.locator(".says");
    await sentence.filter({ hasText: words }).waitFor();
  }

  /** Waits until the device's drawing says that: lamp, display, lights. */
  async shows(words: string | RegExp): Promise<void> {
    await this.page
      .locator(".device svg")
      .filter({ has: this.page.locator("title", { hasText: words }) })
      .waitFor();
  }

  /** The world's time as the page shows it, milliseconds. */
  async time(): Promise<number> {
    return Date.parse((await this.page.locator("#time time").getAttribute("datetime"))!);
  }

  /** Presses a button that jumps, and waits until so many seconds have passed. */
  async jump(button: string, seconds: number): Promise<void> {
    const until = (await this.time()) + seconds * 1000;
    await this.press(button);
    await this.passed(until);
  }

  /** Waits until the page shows that time. */
  async passed(until: number, timeout = PATIENCE): Promise<void> {
    await this.page.waitForFunction(
      (until) => Date.parse(document.querySelector("#time time")!.getAttribute("datetime")!) >= until,
      until,
      { timeout },
    );
  }
}
