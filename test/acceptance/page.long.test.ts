import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ObjectState } from "../../provider/src/cli/compare";
import { graphOf } from "../../provider/src/cli/topology/graph";
import { html } from "../../provider/src/cli/topology/html";
import { layOut } from "../../provider/src/cli/topology/layout";
import type { LabObject } from "../../provider/src/cli/topology/object";
import { svg } from "../../provider/src/cli/topology/svg";
import { noChromium, Page } from "./chromium";

const object = (type: string, name: string, outputs: Record<string, unknown>, host?: string): LabObject => ({
  ...{ type, name, id: name, netns: undefined, host, inputs: { name, ...outputs }, outputs: { name, ...outputs } },
});

/** Pods on a bridge of each host, and a VXLAN over all hosts. */
function labOf(pods: number, hosts: readonly (string | undefined)[]): LabObject[] {
  return hosts.flatMap((host) => [
    object("Bridge", "br0", { ifindex: 1, addresses: ["10.0.255.254/16"] }, host),
    ...(hosts.length > 1
      ? [object("Vxlan", "vxlan7", { ifindex: 2, vni: 7, master: "br0", addresses: [] }, host)]
      : []),
    ...Array.from({ length: pods }, (_, index) =>
      object(
        "Pod",
        `p${index}`,
        { bridge: "br0", link: `v${index}`, addresses: [`10.0.0.${index}/16`], macAddress: "" },
        host,
      ),
    ),
  ]);
}

const three = ["ssh://a", "ssh://b", "ssh://c"];

const sizes: [what: string, pods: number, hosts: readonly (string | undefined)[]][] = [
  ["3 pods", 3, [undefined]],
  ["30 pods", 30, [undefined]],
  ["300 pods", 300, [undefined]],
  ["3 pods on each of three hosts", 3, three],
];

// Without Chromium, the name of the suite that is left out has the reason.
const described = noChromium === undefined ? describe : describe.skip;
described.each(sizes)(`the page of %s in Chromium${noChromium ? ` (${noChromium})` : ""}`, (what, pods, hosts) => {
  let folder: string;
  let page: Page;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "localnet-graph-"));
    const objects = labOf(pods, hosts);
    const drawn = graphOf(objects);
    const looked = objects.map((object): ObjectState => {
      const isChanged = object.type === "Bridge";
      return { object, state: isChanged ? "differs" : "ok", remarks: isChanged ? ["mtu: wanted 1400, seen 1300"] : [] };
    });
    const bridges = drawn.boxes.flatMap(({ nodes }) => nodes.filter(({ kind }) => kind === "bridge"));
    const picture = svg(await layOut(drawn), new Set(bridges.map(({ id }) => id)));
    writeFileSync(join(folder, "lab.html"), html(drawn, picture, "lab", looked));
    page = await Page.open(join(folder, "lab.html"));
  });
  afterAll(async () => {
    await page.close();
    rmSync(folder, { recursive: true });
  });

  test("all of it is visible at first; + makes it larger, and 0 makes it fit again", async () => {
    const fits =
      "(({ width, height }) => width <= innerWidth && height <= innerHeight)(document.querySelector('svg').getBoundingClientRect())";
    const width = "document.querySelector('svg').getBoundingClientRect().width";
    expect(await page.run(fits)).toBe(true);
    const before = Number(await page.run(width));
    await page.press("+");
    expect(await page.run(width)).toBeCloseTo(before * 1.25, 0);
    await page.press("0");
    expect(await page.run(width)).toBeCloseTo(before, 0);
  });

  test("Tab and Enter show the inputs of an object, and Escape hides them", async () => {
    for (let tabs = 0; !(await page.run("document.activeElement.matches('.node, .box')")); tabs++) {
      expect(tabs).toBeLessThan(10);
      await page.press("Tab");
    }
    await page.press("Enter");
    expect(await page.run("document.querySelector('aside').hidden")).toBe(false);
    expect(await page.run("document.querySelector('aside').textContent")).toMatch(
      /^(Pod p0|Bridge br0|Vxlan vxlan7).*"name"/s,
    );
    await page.press("Escape");
    expect(await page.run("document.querySelector('aside').hidden")).toBe(true);
  });

  test("a click shows the same, with the command that captures a link's packets", async () => {
    await page.click(".node.bridge");
    expect(await page.run("document.querySelector('aside').textContent")).toMatch(
      /^Bridge br0.*npx localnet capture br0$/s,
    );
    await page.press("Escape");
  });

  test("an object that differs from the state is marked, and its panel and the page's header say so", async () => {
    const changed = "[...new Set([...document.querySelectorAll('.changed')].map(({ textContent }) => textContent))]";
    expect(await page.run(changed)).toEqual(["br010.0.255.254/16"]);
    expect(await page.run("document.querySelector('header span').textContent")).toBe(
      `${hosts.length} not as the state says`,
    );
    await page.click(".node.bridge");
    expect(await page.run("document.querySelector('aside').textContent")).toMatch(
      /^Bridge br0.*differs.*mtu: wanted 1400, seen 1300/s,
    );
    await page.press("Escape");
  });

  test("a click on a line shows its link, and one on a namespace shows how to enter it", async () => {
    // Nothing else is on the middle of the line.
    const [x, y] = (await page.run(`(() => {
      const path = document.querySelector(".wire .cable");
      const { x, y } = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM());
      return [x, y];
    })()`)) as [number, number];
    await page.clickAt(x, y);
    expect(await page.run("document.querySelector('aside').textContent")).toMatch(
      /^Pod p\d+.*npx localnet capture p\d+/s,
    );
    await page.press("Escape");
    const box = `(({ x, y }) => [x + 8, y + 8])(document.querySelector(".box[role] text").getBoundingClientRect())`;
    const [left, top] = (await page.run(box)) as [number, number];
    await page.clickAt(left, top);
    expect(await page.run("document.querySelector('aside').textContent")).toMatch(
      /^Pod p\d+.*npx localnet shell p\d+/s,
    );
    await page.press("Escape");
  });

  test("/ searches by keyboard: an address is found, all else fades, and Enter goes there", async () => {
    await page.press("/");
    expect(await page.run("document.activeElement.tagName")).toBe("INPUT");
    for (const key of "10.0.0.1/") await page.press(key);
    expect(await page.run("document.querySelector('output').textContent")).toMatch(/^[1-9]\d* found$/);
    expect(await page.run("document.querySelectorAll('.node.bridge.hit').length")).toBe(0);
    await page.press("Enter");
    expect(await page.run("document.activeElement.matches('.node.hit')")).toBe(true);
    await page.press("Escape");
  });

  test("the page and the picture follow the reader's dark or light theme", async () => {
    const colours = `[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector(".back")).fill]`;
    await page.prefer("dark");
    expect(await page.run(colours)).toEqual(["rgb(15, 20, 26)", "rgb(15, 20, 26)"]);
    await page.prefer("light");
    expect(await page.run(colours)).toEqual(["rgb(255, 255, 255)", "rgb(255, 255, 255)"]);
  });

  test("boxes of namespaces do not overlap, and no text leaves its box", async () => {
    const overlap = `[...document.querySelectorAll(".box:not(.frame) rect, .node rect")].map((each) => [each.parentNode.classList[0], each.getBoundingClientRect()])
      .some(([kind, a], i, all) => all.some(([other, b], j) => i < j && kind === other && a.x < b.right - 1 && b.x < a.right - 1 && a.y < b.bottom - 1 && b.y < a.bottom - 1))`;
    expect(await page.run(overlap)).toBe(false);
    const wide = `[...document.querySelectorAll(".node, .box")].filter((each) => [...each.querySelectorAll("text")].some((text) => text.getBoundingClientRect().right > each.querySelector("rect").getBoundingClientRect().right)).map(({ textContent }) => textContent)`;
    expect(await page.run(wide)).toEqual([]);
  });

  // Writes pictures for people.
  if (process.env.LOCALNET_TEST_PICTURES)
    test("pictures", async () => {
      for (const scheme of ["light", "dark"] as const) {
        await page.prefer(scheme);
        const file = `${what.replaceAll(" ", "-")}-${scheme}.png`;
        writeFileSync(join(process.env.LOCALNET_TEST_PICTURES ?? "", file), await page.picture());
      }
    });
});
