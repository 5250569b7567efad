// The engine installs the folder above as a package of its own, which needs a dependency: this folder is it.
require("../../dist/pulumi/native/server").serve(process.argv[2]);
