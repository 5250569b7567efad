// A workload as a Pulumi program. The setting `kinds` selects the module with the kinds: the dynamic provider, the native plugin,
// or kinds that do nothing.
const pulumi = require("@pulumi/pulumi");

const config = new pulumi.Config();
const { program } = require(`./${config.require("workload")}`);
program(require(config.require("kinds")), config.requireNumber("count"));
