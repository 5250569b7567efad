import type { Values } from "../../../provider/src/core/check";
import type { World } from "./world";

/** The filter of priority 10 with a handle at a parent of a link, as `tc` prints it, without its counters. */
export async function readFilter(
  world: World,
  netns: string,
  parent: string,
  handle: string,
): Promise<Values | undefined> {
  const show = `ip link show dev d0 >/dev/null 2>&1 || exit 0; tc filter show dev d0 ${parent}`;
  const parts = (await world.script(netns, show)).split(/^(?=filter )/m);
  // The number of a table shows which filter was made first.
  const table = /fh 80\w:/;
  const part = parts.find((each) => / pref 10 /.test(each) && each.replace(table, "fh 800:").includes(` ${handle} `));
  if (part === undefined) return undefined;
  const counts = /random type none pass val 0|index \d+ ref \d+ bind \d+|not_in_hw|order \d+ key ht \w+ bkt \w+/g;
  const words = part
    .replace(table, "fh 800:")
    .replace(/^filter (parent \S+ )?/, "")
    .replace(counts, "")
    .replace(/police 0x\w+/g, "police")
    .replace(/\s+/g, " ")
    .trim();
  return { words };
}

/** An action as `tc` prints it. */
export function actionText({ kind, device, direction = "egress", ...more }: Values, index: number): string {
  const { mark, priority, vlanId, vlanProtocol = "802.1Q", vlanPriority = 0 } = more;
  const capital = (text: unknown) => String(text).replace(/^./, (letter) => letter.toUpperCase());
  const end = kind === "redirect" ? "stolen" : "pipe";
  const { checksums = [], control = "pipe", rateKbit, exceed = "drop", conform = "pipe" } = more;
  const { burst, mtu } = tcSizes(more);
  const names = (checksums as string[]).map((each) => each.replace("ip4h", "iph"));
  const texts: Record<string, string> = {
    ...{ drop: "gact action drop", pass: "gact action pass", vlanPop: "vlan pop pipe" },
    vlanPush: `vlan push id ${vlanId} protocol ${vlanProtocol} priority ${vlanPriority} pipe`,
    skbedit: ["skbedit", priority && `priority ${priority}`, mark !== undefined && `mark ${mark}`, "pipe"]
      .filter(Boolean)
      .join(" "),
  };
  texts.csum = `csum (${names.join(", ")}) action ${control}`;
  // Without the number of the limit, and after it there is a reference.
  texts.police = `police rate ${rateOf(Number(rateKbit))} burst ${burst} mtu ${mtu} action ${exceed}${conform === "pass" ? "" : `/${conform}`} overhead 0b ref 1 bind 1`;
  const mirred = `mirred (${capital(direction)} ${capital(kind)} to device ${device}) ${end}`;
  return `action order ${index + 1}: ${texts[String(kind)] ?? mirred}`;
}

const rateOf = (kbit: number) =>
  kbit % 1_000_000 === 0 ? `${kbit / 1_000_000}Gbit` : kbit % 1000 === 0 ? `${kbit / 1000}Mbit` : `${kbit}Kbit`;

/** Sizes as `tc` prints them, for values that it rounds in no other way. */
function tcSizes({ burstBytes, mtu }: Values) {
  const text = (bytes: unknown) => (Number(bytes) % 1024 === 0 ? `${Number(bytes) / 1024}Kb` : `${bytes}b`);
  return { burst: text(burstBytes), mtu: mtu === undefined ? "2Kb" : text(mtu) };
}
