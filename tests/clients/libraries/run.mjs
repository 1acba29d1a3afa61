// Tries each library, and says of each in a line of JSON what failed, or that nothing did.
import * as clients from "./clients.mjs";
import * as parsers from "./parsers.mjs";

const PACKAGES = {
  kitsu: ["kitsu"],
  devour: ["devour-client"],
  orbit: ["@orbit/jsonapi", "@orbit/records"],
  spraypaint: ["spraypaint"],
  coloquent: ["coloquent"],
  reduxJsonApi: ["redux-json-api"],
  reactAdmin: ["ra-jsonapi-client"],
  jsonapiReact: ["jsonapi-react"],
  datx: ["@datx/jsonapi", "@datx/core"],
  jsona: ["jsona"],
  normalizer: ["json-api-normalizer", "redux-object"],
  serializer: ["jsonapi-serializer"],
  datastore: ["jsonapi-datastore"],
};

for (const [name, attempt] of Object.entries({ ...clients, ...parsers })) {
  let failure = null;
  try {
    await attempt(...(await Promise.all(PACKAGES[name].map((package_) => import(package_)))));
  } catch (error) {
    failure = `${error?.stack ?? JSON.stringify(error)} ${JSON.stringify(error?.response?.data ?? error?.data ?? "")}`;
  }
  console.log(JSON.stringify({ library: PACKAGES[name][0], failure }));
}
process.exit(0); // some keep connections open
