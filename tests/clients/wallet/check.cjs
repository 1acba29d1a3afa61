// What passkit-generator's schemas say about the pass.json in the standard input: "" if nothing.
const fs = require("node:fs");
const path = require("node:path");

const library = path.dirname(require.resolve("passkit-generator"));
const { PassProps } = require(path.join(library, "schemas", "index.js"));
const { error } = PassProps.validate(JSON.parse(fs.readFileSync(0, "utf8")), {
  abortEarly: false,
  allowUnknown: false,
});
process.stdout.write(error ? error.message : "");
