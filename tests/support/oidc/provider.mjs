// An OpenID Connect provider (npm's oidc-provider) on loopback, with its own forms for development: any account of
// people.json signs in with any password. Arguments: the folder of node_modules; people.json, {account: [groups]},
// read at each look; a port, 0 for any; Gough's address. Prints its port, then serves until its input ends. New keys
// at every start.
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, people, port, gough] = process.argv.slice(2);
const found = createRequire(`${modules}/`).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(found).href);

const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
const groupsOf = (account) => JSON.parse(readFileSync(people, "utf8"))[account];

process.stdin.resume().on("end", () => process.exit()); // whoever started it is gone

const server = createServer();
server.listen(Number(port), "127.0.0.1", () => {
  const provider = new Provider(`http://127.0.0.1:${server.address().port}`, {
    jwks: { keys: [{ ...key, use: "sig", alg: "RS256", kid: `of ${Date.now()}` }] },
    clients: [
      {
        client_id: "gough",
        client_secret: "a secret: 100 % + more",
        redirect_uris: [`${gough}/login/oidc/callback`],
        post_logout_redirect_uris: [`${gough}/login`],
      },
    ],
    claims: { openid: ["sub"], profile: ["preferred_username"], groups: ["groups"] },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    pkce: { required: () => true },
    cookies: { keys: ["not a secret"] },
    findAccount: (_, account) =>
      groupsOf(account) && {
        accountId: account,
        claims: () => ({ sub: account, preferred_username: account, groups: groupsOf(account) }),
      },
  });
  server.on("request", provider.callback());
  console.log(server.address().port);
});
