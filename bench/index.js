// A workload as a Pulumi program, by the kinds that the configuration tells: this package's, in either way, or none.
const pulumi = require("@pulumi/pulumi");

const config = new pulumi.Config();
const { program } = require(`./${config.require("workload")}`);
program(require(config.require("kinds")), config.requireNumber("count"));
