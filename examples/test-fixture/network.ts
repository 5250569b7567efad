import { join } from "node:path";
import { Netns, Process, Route, Sysctl, VethPair, type VethPairImpairmentArgs } from "pulumi-localnet/native";

const server = "http://10.0.2.2:8080";

/** The client under test, as a command. */
export const get = [process.execPath, join(__dirname, "client.mjs"), server];

interface Trouble {
  /** Whether the router's link to the server is down. */
  cut?: boolean;
  /** The impairment of packets from the router to the client. Needs the kernel's netem. */
  impairment?: VethPairImpairmentArgs;
}

/** A client, a router and a server, each in its own namespace. */
export const program =
  ({ cut = false, impairment }: Trouble = {}) =>
  async () => {
    const [client, router, web] = [new Netns("client"), new Netns("router"), new Netns("server")];
    new Sysctl("forward", { netns: router, key: "net.ipv4.ip_forward", value: 1 });
    const toClient = new VethPair("to-client", {
      netns: router,
      addresses: ["10.0.1.1/24"],
      impairment,
      peer: { name: "eth0", netns: client, addresses: ["10.0.1.2/24"] },
    });
    const toServer = new VethPair("to-server", {
      netns: router,
      addresses: ["10.0.2.1/24"],
      up: !cut,
      peer: { name: "eth0", netns: web, addresses: ["10.0.2.2/24"] },
    });
    new Route("client-default", { netns: client, destination: "default", via: toClient, device: toClient });
    new Route("server-default", { netns: web, destination: "default", via: toServer, device: toServer });
    new Process(
      "web",
      { netns: web, command: [process.execPath, join(__dirname, "server.mjs")] },
      { dependsOn: toServer },
    );
  };
