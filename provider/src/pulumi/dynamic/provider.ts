/**
 * The dynamic provider. The engine stores it in each resource as one line of code, which requires this module by name and
 * gets the provider of the kind. It is the same for all resources of a kind and for all versions of this package.
 */
import type { Failure, Values } from "../../core/check";
import { checkOnHost } from "../../core/check-on-host";
import { changesNow, diffOf } from "../../core/diff";
import { findExternal } from "../../core/import";
import * as lifecycle from "../../core/lifecycle";
import { type HostSettings, withReadCache } from "../../host";
import { kinds } from "../../kinds";
import { visible } from "../../text";
import { listenToEngine, operation } from "../engine";
import { refuseOtherUsers } from "../peers";
import { keys, settingsIn } from "../settings";

interface Configuration {
  config: { get(key: string): string | undefined };
}

const providerKey = "__provider";

// The SDK's dynamic provider process loads this module when it listens already. None of our code can run earlier.
refuseOtherUsers();

function provider(type: string) {
  const kind = kinds[type];
  if (!kind) throw new Error(`pulumi-localnet has no kind ${type}`);
  let settings: HostSettings = { sudo: false };

  return {
    configure({ config }: Configuration): void {
      listenToEngine();
      const { host: _, ...common } = settingsIn(
        Object.fromEntries(keys.map((key) => [key, config.get(`localnet:${key}`)])),
      );
      // The host is an input of each resource.
      settings = common;
    },
    async check(_olds: Values, news: Values): Promise<{ inputs: Values; failures: Failure[] }> {
      return checkOnHost(kind, withoutProviderKey(news), settings);
    },
    async diff(id: string, olds: Values, news: Values) {
      const [was, is] = [withoutProviderKey(olds), withoutProviderKey(news)];
      const differing = await asEngineErrors(news, () => changesNow(kind, id, was, is, settings));
      return { ...diffOf(differing), deleteBeforeReplace: true };
    },
    async create(inputs: Values) {
      const { id, outputs } = await asEngineErrors(inputs, () =>
        lifecycle.create(kind, withoutProviderKey(inputs), settings),
      );
      return { id, outs: outputs };
    },
    async update(id: string, olds: Values, news: Values) {
      return {
        outs: await asEngineErrors(news, () =>
          lifecycle.update(kind, id, withoutProviderKey(olds), withoutProviderKey(news), settings),
        ),
      };
    },
    async read(id: string, props: Values) {
      const find = props.__external ? findExternal : lifecycle.read;
      const current = await asEngineErrors(props, () =>
        withReadCache(() => find(kind, id, withoutProviderKey(props), settings)),
      );
      return current ? { id, props: current.outputs, inputs: current.inputs } : { id: "" };
    },
    async delete(id: string, props: Values): Promise<void> {
      await asEngineErrors(props, () => lifecycle.remove(kind, id, withoutProviderKey(props), settings));
    },
  };
}

function withoutProviderKey({ [providerKey]: _, ...values }: Values): Values {
  return values;
}

/** Converts errors to the form that the engine accepts: plain, and with the properties of a partly made object. */
async function asEngineErrors<T>(inputs: Values, body: () => Promise<T>): Promise<T> {
  try {
    return await operation(body);
  } catch (error) {
    const message = visible(error instanceof Error ? error.message : String(error));
    const engineError = Object.assign(new Error(message), { name: "localnet", stack: "" });
    if (error instanceof lifecycle.PartialError) {
      Object.assign(engineError, {
        id: error.id,
        properties: { ...error.properties, [providerKey]: inputs[providerKey] },
        reasons: [message],
      });
    }
    throw engineError;
  }
}

export = provider;
