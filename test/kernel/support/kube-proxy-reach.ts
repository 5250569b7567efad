import type { KubeProxyNodeArgs } from "../../../provider/src";
import { type Mode, reach } from "../../fixtures/kube-proxy/reach";
import type { ProxiedLab } from "./proxied-lab";

/** Each client gets the answers that kube-proxy gives in this mode. */
export function answersAsKubeProxy(lab: ProxiedLab, mode: Mode): void {
  test.each(["pod9", "node", "outside"] as const)(`${mode}: %s is answered as by kube-proxy`, async (who) => {
    const rows = reach.filter(({ answers }) => answers[who] !== undefined);
    const got = await lab.request(
      who,
      rows.map(({ place }) => place),
    );
    const table = rows.map(({ what, place }) => `${what}: ${got[place]}`);
    expect(table).toEqual(
      rows.map(({ what, answers }) => {
        const answer = answers[who] ?? "";
        return `${what}: ${typeof answer === "string" ? answer : answer[mode]}`;
      }),
    );
    // All requests of a client go to the same endpoint, pod2 or pod3.
    const { "tcp,10.96.0.20,80": sticky } = await lab.request(who, ["tcp,10.96.0.20,80"]);
    expect(sticky).toMatch(/^pod[23]<\S+$/);
  });
}

const [itself, other] = ["tcp,10.96.0.70,80", "tcp,172.30.0.10,30070"] as const;
const masqueraded = "pod2<172.22.0.1";

/** An endpoint calls its own service, and another pod on its bridge does. */
export function hairpinsAsKubeProxy(lab: ProxiedLab, mode: Mode): void {
  describe("hairpin", () => {
    afterAll(async () => {
      await lab.filterBridge(1);
      await lab.hairpin("pod2", "on");
      await lab.promiscuous("off");
    });

    test.each<[filtered: 0 | 1, hairpin: "on" | "off", promiscuous: "on" | "off"]>([
      [1, "on", "off"],
      [1, "off", "off"],
      [1, "off", "on"],
      [0, "off", "off"],
      [0, "on", "off"],
    ])(`${mode}: with bridge-nf-call %s, hairpin %s and a bridge that is promiscuous: %s`, async (...settings) => {
      const [filtered, hairpin, promiscuous] = settings;
      await lab.filterBridge(filtered);
      await lab.hairpin("pod2", hairpin);
      await lab.promiscuous(promiscuous);
      const reaches = filtered === 0 || hairpin === "on" || (mode === "ipvs" && promiscuous === "on");
      const expected = reaches ? masqueraded : "silent";
      expect(await lab.request("pod2", [itself, other], 3)).toEqual({ [itself]: expected, [other]: expected });
      // With bridge-nf-call 0 the answer does not pass the node's NAT, and the client does not know its source address.
      expect(await lab.request("pod9", [itself, other], 3)).toEqual({
        [itself]: filtered ? "pod2<172.22.0.9" : "silent",
        [other]: masqueraded,
      });
    });
  });
}

/** The node in a mode, with node ports on the addresses where kube-proxy has them. */
export function inMode(node: KubeProxyNodeArgs, mode: Mode): KubeProxyNodeArgs {
  const of = (texts: readonly string[]) =>
    texts.filter((text) => (node.families ?? ["ipv6"]).includes("ipv6") || !text.includes(":"));
  const nodeAddresses = of(["172.30.0.10", "fd00:30::10"]);
  if (mode === "iptables") return { ...node, mode };
  if (mode === "ipvs") return { ...node, mode, nodeAddresses: [...nodeAddresses, "172.22.0.1"] };
  return { ...node, mode, nodeAddresses, serviceCidr: of(["10.96.0.0/16", "fd00:96::/112"]) };
}
