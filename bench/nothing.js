// Kinds that do nothing, of any name and with any inputs: what is left of a program is the engine's own work.
const pulumi = require("@pulumi/pulumi");

const __provider = "exports.handler=()=>({create:async i=>({id:i.name,outs:i})})";

/** @param {string} kind */
function nothing(kind) {
  return class extends pulumi.CustomResource {
    /** @param {string} name @param {Record<string, unknown>} args @param {pulumi.CustomResourceOptions} options */
    constructor(name, args, options = {}) {
      // As the package's own kinds: what lives in a namespace goes with it.
      const deletedWith = pulumi.Resource.isInstance(args.netns) ? { deletedWith: args.netns } : {};
      const inputs = { name, .../** @type {object} */ (withIds(args)), __provider };
      super(`pulumi-nodejs:nothing:${kind}`, name, inputs, pulumi.mergeOptions(deletedWith, options));
    }
  };
}

/** What the inputs are, the id of each resource in its place. @param {unknown} value @returns {unknown} */
function withIds(value) {
  if (pulumi.CustomResource.isInstance(value)) return value.id;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withIds(each)]));
}

module.exports = new Proxy({}, { get: (_, kind) => nothing(String(kind)) });
