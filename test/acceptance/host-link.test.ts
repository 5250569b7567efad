import { fixture, hostLink } from "./host-link";
import { native } from "./providers";
import { SshHosts } from "./ssh-hosts";

const [, project] = native(fixture);
const open = () => SshHosts.open(2);

describe("IPv4 between the hosts", () => hostLink(project, open, { config: () => ({}), mtu: 1450 }));

describe("IPv6 between the hosts", () =>
  hostLink(project, open, {
    config: (ends) => ({ oneAddress: ends.host(1).address6, twoAddress: ends.host(2).address6 }),
    mtu: 1430,
  }));
