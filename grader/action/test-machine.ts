/** Names of variables by which a machine's programs find one another, trust its network and are told how to use npm. */
const OF_THE_MACHINE =
  /^(PATH|HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY|NPM_CONFIG_(REGISTRY|USERCONFIG|CACHE|CAFILE|STRICT_SSL|PROXY|HTTPS_PROXY|NOPROXY))$/i;

/** What a runner of jobs has of its machine's environment, whatever else this process was given. */
export function machineEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => OF_THE_MACHINE.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}
