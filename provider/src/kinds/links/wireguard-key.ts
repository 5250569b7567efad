import { randomBytes } from "node:crypto";
import { z } from "zod";
import { defineKind } from "../../core/kind";
import { clamped, publicKeyOf } from "./wireguard-args";

export const wireguardKey = defineKind({
  type: "WireguardKey",
  summary:
    "A key for a Wireguard link, as `wg genkey` makes it. It is made once and kept in the state as a secret. Replacing the resource makes another one.",
  args: {},
  outputs: {
    /** The key, for the `privateKey` of one link. */
    privateKey: z.string().meta({ secret: true }),
    /** The public key, for the peers of that link. */
    publicKey: z.string(),
  },
  needs: [],
  /** `PROJECT/STACK/RESOURCE` */
  id: ({ owner }) => owner,

  // The host has nothing to read: the key is in the state.
  async observe(_host, _args, recorded) {
    const { privateKey, publicKey } = recorded ?? {};
    return privateKey === undefined ? undefined : { inputs: {}, outputs: { privateKey, publicKey } };
  },

  async ensure(_host, _args, observed) {
    if (observed) return;
    const privateKey = clamped(randomBytes(32).toString("base64"));
    return { outputs: { privateKey, publicKey: publicKeyOf(privateKey) } };
  },

  async remove() {},
});
