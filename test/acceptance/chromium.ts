import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

const program = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

/** Why there is no browser here; undefined if there is one. */
export const noChromium = program === undefined ? "there is no Chromium: apt-get install chromium" : undefined;

type Values = Record<string, unknown>;

/** A page in a headless Chromium, controlled by the protocol of its developer tools over two pipes. */
export class Page {
  private readonly waiting = new Map<number, (answer: Values) => void>();
  private readonly folder = mkdtempSync(join(tmpdir(), "localnet-page-"));
  private readonly chromium: ChildProcess;
  private session: string | undefined;
  private last = 0;
  private text = "";

  private constructor() {
    // It only opens a file of the test.
    const argv = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--remote-debugging-pipe",
      `--user-data-dir=${this.folder}`,
    ];
    this.chromium = spawn(program ?? "", argv, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    (this.chromium.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => this.hear(text));
  }

  static async open(file: string): Promise<Page> {
    const page = new Page();
    const { targetId } = await page.send("Target.createTarget", { url: `file://${file}` });
    const { sessionId } = await page.send("Target.attachToTarget", { targetId, flatten: true });
    page.session = sessionId as string;
    await page.send("Emulation.setDeviceMetricsOverride", {
      width: 1280,
      height: 800,
      deviceScaleFactor: 1,
      mobile: false,
    });
    // The empty first page counts as complete too.
    while (!(await page.run('location.protocol === "file:" && document.readyState === "complete"')));
    return page;
  }

  /** Evaluates an expression in the page. */
  async run(expression: string): Promise<unknown> {
    const answer = await this.send("Runtime.evaluate", { expression, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
    return (answer.result as Values).value;
  }

  async press(key: string): Promise<void> {
    const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
    const common = {
      key,
      code: key,
      ...(key === "Enter" && { windowsVirtualKeyCode: 13 }),
      ...(key === "Tab" && { windowsVirtualKeyCode: 9 }),
    };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...common, ...(text && { text }) });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...common });
  }

  async click(selector: string): Promise<void> {
    const [x, y] = (await this.run(
      `(({ x, y, width, height }) => [x + width / 2, y + height / 2])(document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect())`,
    )) as [number, number];
    await this.clickAt(x, y);
  }

  async clickAt(x: number, y: number): Promise<void> {
    for (const type of ["mousePressed", "mouseReleased"])
      await this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
  }

  async prefer(scheme: "dark" | "light"): Promise<void> {
    await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  }

  /** A screenshot, as PNG. */
  async picture(): Promise<Buffer> {
    return Buffer.from((await this.send("Page.captureScreenshot", { format: "png" })).data as string, "base64");
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.chromium.once("exit", resolve));
    await this.send("Browser.close", {}, false);
    await ended;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private send(method: string, params: Values, inPage = true): Promise<Values> {
    this.last += 1;
    const message = { id: this.last, method, params, ...(inPage && this.session && { sessionId: this.session }) };
    (this.chromium.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    return new Promise((resolve) => this.waiting.set(message.id, resolve));
  }

  private hear(text: string): void {
    const parts = (this.text + text).split("\0");
    this.text = parts.pop() ?? "";
    for (const part of parts) {
      const { id, result, error } = JSON.parse(part);
      this.waiting.get(id)?.(result ?? { exceptionDetails: error });
    }
  }
}
