// Services of a node: where they are, and what is behind each.

exports.endpoints = ["172.22.1.2", "172.22.2.2"];
exports.addressOf = (/** @type {number} */ index) => `10.96.${1 + (index >> 8)}.${index & 255}`;

/** A node with services of two endpoints each. @param {number} count @param {string | undefined} mode */
exports.nodeOf = (count, mode = "iptables") => ({
  mode: /** @type {"iptables" | "ipvs" | "nftables"} */ (mode),
  families: [/** @type {const} */ ("ipv4")],
  podCidr: ["172.22.0.0/16"],
  services: Array.from({ length: count }, (_, index) => ({
    name: `default/s${index}`,
    addresses: [exports.addressOf(index)],
    ports: [{ name: "http", port: 80, targetPort: 8080 }],
    endpoints: exports.endpoints,
  })),
});
