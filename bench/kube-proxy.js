// A node of kube-proxy, whose services have two endpoints each.
const pulumi = require("@pulumi/pulumi");

/** @param {typeof import("pulumi-localnet")} kinds @param {number} count */
exports.program = ({ KubeProxyNode }, count) => {
  const mode = /** @type {"iptables" | "ipvs" | "nftables"} */ (new pulumi.Config().require("mode"));
  const services = Array.from({ length: count }, (_, index) => ({
    name: `default/s${index}`,
    addresses: `10.96.${1 + (index >> 8)}.${index & 255}`,
    ports: [{ name: "http", port: 80, targetPort: 8080 }],
    endpoints: ["172.22.1.2", "172.22.2.2"],
  }));
  new KubeProxyNode("node", { mode, families: ["ipv4"], podCidr: "172.22.0.0/16", services });
};
