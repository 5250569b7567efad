// Kinds that do nothing. Every name is a kind, and takes any inputs. A program of these kinds measures the engine's own work.
const pulumi = require("@pulumi/pulumi");

const __provider = "exports.handler=()=>({create:async i=>({id:i.name,outs:i})})";

/** @param {string} kind */
function nothing(kind) {
  return class extends pulumi.CustomResource {
    /** @param {string} name @param {Record<string, unknown>} args @param {pulumi.CustomResourceOptions} options */
    constructor(name, args, options = {}) {
      // As in the package's own kinds: an object in a namespace is removed with the namespace.
      const deletedWith = pulumi.Resource.isInstance(args.netns) ? { deletedWith: args.netns } : {};
      const inputs = { name, .../** @type {object} */ (withIds(args)), __provider };
      super(`pulumi-nodejs:nothing:${kind}`, name, inputs, pulumi.mergeOptions(deletedWith, options));
    }
  };
}

/** The inputs, with the id of each resource in place of the resource. @param {unknown} value @returns {unknown} */
function withIds(value) {
  if (pulumi.CustomResource.isInstance(value)) return value.id;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withIds(each)]));
}

module.exports = new Proxy({}, { get: (_, kind) => nothing(String(kind)) });
