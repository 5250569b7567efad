// A node of kube-proxy, whose services have two endpoints each.
const pulumi = require("@pulumi/pulumi");
const { nodeOf } = require("./node");

/** @param {typeof import("pulumi-localnet")} kinds @param {number} count */
exports.program = ({ KubeProxyNode }, count) => {
  new KubeProxyNode("node", nodeOf(count, new pulumi.Config().get("mode")));
};
