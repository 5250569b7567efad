import type { Values } from "../../../provider/src/core/check";
import type { World } from "./world";

/** A state as `ip` prints it, without its counters. */
export async function readState(world: World, netns: string, key: string[]): Promise<Values | undefined> {
  const text = await world.run("ip", "-n", netns, "xfrm", "state", "list", ...key);
  const states = text.split(/^(?=src )/m).filter(Boolean);
  if (states.length === 0) return undefined;
  const lines = (states[0] ?? "").split("\n").map((line) => line.trim().split(/\s+/).join(" "));
  const isCounter = (line: string) => /^(anti-replay|seq-hi|[0-9a-f]{8}( |$))/.test(line);
  return { states: states.length, lines: lines.filter((line) => line !== "" && !isCounter(line)) };
}

/** The same for the inputs. */
export function expected(values: Values): Values {
  const { source, destination, protocol, spi, mark, reqid, mode, ifId, replayWindow } = values;
  const [aead, encryption, authentication, encapsulation, selector] = [
    ...["aead", "encryption", "authentication", "encapsulation", "selector"].map((key) => values[key] as Values),
  ];
  const flags = [...(values.flags as string[])].sort((one, other) => order.indexOf(one) - order.indexOf(other));
  const isWide = flags.includes("esn") || Number(replayWindow) > 32;
  const any = String(destination).includes(":") ? "::" : "0.0.0.0";
  const { source: from = `${any}/0`, destination: to = `${any}/0`, ...packets } = selector ?? {};
  const option = (word: string, value: unknown) => (value === undefined ? [] : [`${word} ${value}`]);
  const inSelector = [
    ...[...option("proto", packets.protocol), ...option("sport", packets.sourcePort)],
    ...option("dport", packets.destinationPort),
  ];
  const hex = (number: unknown) => `0x${Number(number).toString(16)}`;
  const lines = [
    `src ${source} dst ${destination}`,
    `proto ${protocol} spi 0x${Number(spi).toString(16).padStart(8, "0")} reqid ${reqid} mode ${mode}`,
    [`replay-window ${isWide ? 0 : replayWindow}`, ...(flags.length > 0 ? ["flag", ...flags] : [])].join(" "),
    ...option("mark", mark && `${mark}/0xffffffff`.replace(/(\/.*)\/.*/, "$1")),
    ...option("aead", aead && `${aead.algorithm} ${aead.key} ${aead.icvLength}`),
    ...option(
      "auth-trunc",
      authentication && `${authentication.algorithm} ${authentication.key} ${authentication.truncation}`,
    ),
    ...option("enc", encryption && `${encryption.algorithm} ${encryption.key}`),
    ...option(
      "encap",
      encapsulation &&
        `type ${encapsulation.type} sport ${encapsulation.sourcePort} dport ${encapsulation.destinationPort} addr ${any}`,
    ),
    ...(isWide ? [`replay_window ${replayWindow}, bitmap-length ${Math.ceil(Number(replayWindow) / 32)}`] : []),
    ...option("if_id", ifId && hex(ifId)),
    ["sel", "src", from, "dst", to, ...inSelector].join(" "),
  ];
  return { states: 1, lines };
}
/** The order in which ip prints flags. */
const order = ["noecn", "decap-dscp", "nopmtudisc", "wildrecv", "icmp", "align4", "esn"];

export const bytes = (count: number, byte: number) => `0x${byte.toString(16).padStart(2, "0").repeat(count)}`;
export const gcm = { algorithm: "rfc4106(gcm(aes))", key: bytes(20, 0x11) };
export const aes = { algorithm: "cbc(aes)", key: bytes(16, 0x22) };
export const sha = { algorithm: "hmac(sha1)", key: bytes(20, 0x33) };
