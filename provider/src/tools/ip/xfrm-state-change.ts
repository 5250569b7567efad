import type { Host } from "../../host";
import { commandError } from "../../host/command-error";
import { ipIn } from "./ip";
import { markWords, option, selectorWords } from "./xfrm";
import { type Algorithm, type StateKey, type StateSettings, showStates } from "./xfrm-states";

/**
 * Makes a state that replaces the former one, because the kernel cannot change keys. ip reads all from its input, because
 * keys must not be in a command line.
 */
export async function putState(
  host: Host,
  netns: string | undefined,
  key: StateKey,
  settings: StateSettings,
  former: StateSettings | undefined,
): Promise<void> {
  const remove = former ? [["xfrm", "state", "delete", ...keyWords(key)]] : [];
  try {
    await runBatch(host, netns, [...remove, ["xfrm", "state", "add", ...stateWords(key, settings)]], settings, former);
  } catch (error) {
    // If the kernel refuses the new one, the former one is gone too.
    if (former && (await isGone(host, netns, key)))
      await runBatch(host, netns, [["xfrm", "state", "add", ...stateWords(key, former)]], former).catch(
        () => undefined,
      );
    throw error;
  }
}

async function isGone(host: Host, netns: string | undefined, key: StateKey): Promise<boolean> {
  const existing = await showStates(host, netns).catch(() => []);
  return !existing.some(({ destination, protocol, spi, mark }) => {
    return destination === key.destination && protocol === key.protocol && spi === key.spi && mark === key.mark;
  });
}

export async function deleteState(host: Host, netns: string | undefined, key: StateKey): Promise<void> {
  await host.run([...ipIn(netns), "xfrm", "state", "delete", ...keyWords(key)]);
}

async function runBatch(
  host: Host,
  netns: string | undefined,
  commands: readonly (readonly string[])[],
  ...secret: (StateSettings | undefined)[]
): Promise<void> {
  const argv = [...ipIn(netns), "-batch", "-"];
  const input = commands.map((words) => `${words.map(requireBatchWord).join(" ")}\n`).join("");
  const result = await host.run(argv, { input, accept: "any" });
  if (result.exitCode === 0) return;
  // ip prints lines that it cannot read.
  throw commandError(argv, result).without(secret.flatMap(keysIn));
}

/** In a line of a batch, spaces, quotes, "#" and backslashes have another meaning than in arguments. */
function requireBatchWord(word: string): string {
  if (!/^[\w.:/(),-]+$/.test(word)) throw new TypeError("not allowed in a batch of commands");
  return word;
}

function keysIn(settings: StateSettings | undefined): string[] {
  const { aead, encryption, authentication } = settings ?? {};
  return [aead, encryption, authentication].flatMap((each) => (each?.key === undefined ? [] : [each.key]));
}

function keyWords({ destination, protocol, spi, mark }: StateKey): string[] {
  return ["dst", destination, "proto", protocol, "spi", String(spi), ...markWords(mark)];
}

function stateWords(key: StateKey, settings: StateSettings): string[] {
  const { source, reqid, mode, ifId, aead, encryption, authentication, encapsulation, selector } = settings;
  const { replayWindow, flags } = settings;
  const any = key.destination.includes(":") ? "::" : "0.0.0.0";
  const algorithm = (word: string, of: Algorithm | undefined, ...more: (number | undefined)[]) =>
    of ? [word, of.algorithm, of.key ?? "", ...more.map(String)] : [];
  return [
    ...["src", source, ...keyWords(key), "reqid", String(reqid), "mode", mode],
    ...option("if_id", ifId),
    ...algorithm("aead", aead, aead?.icvLength),
    ...algorithm("enc", encryption),
    ...algorithm("auth-trunc", authentication, authentication?.truncation),
    ...(replayWindow > 0 ? ["replay-window", String(replayWindow)] : []),
    ...(flags.length > 0 ? ["flag", ...flags] : []),
    ...(encapsulation
      ? ["encap", encapsulation.type, `${encapsulation.sourcePort}`, `${encapsulation.destinationPort}`, any]
      : []),
    ...(selector ? ["sel", ...selectorWords(selector)] : []),
  ];
}
