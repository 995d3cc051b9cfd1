/** Files whose names say that they hold keys: their text goes into no prompt, not even for a server on this machine. */
const SECRET_PATHS: readonly RegExp[] = [
  /(^|\/)\.env(\.[^/]+)?$/i,
  /\.(pem|key|p12|pfx|jks|keystore|kdbx|ovpn|ppk)$/i,
  /(^|\/)id_(rsa|dsa|ecdsa|ed25519)$/i,
  /(^|\/)\.(npmrc|netrc|pypirc|htpasswd|pgpass|dockercfg)$/i,
  /(^|\/)(credentials|secrets?)(\.(json|ya?ml|toml|ini|properties|env))?$/i,
  /(^|\/)(service[-_]?account[^/]*|client_secret[^/]*)\.json$/i,
  /(^|\/)(kubeconfig|\.kube\/config|\.docker\/config\.json|\.aws\/(credentials|config))$/i,
  /\.(tfvars|tfstate)(\.json)?$/i,
];

/** Keys by their own form, wherever they stand. */
const SECRET_TEXTS: readonly RegExp[] = [
  /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\b(?:ghp|gho|ghs|ghu|ghr)_[A-Za-z0-9]{36}\b/,
  /\bgithub_pat_\w{40,}/,
  /\bxox[abprs]-[\w-]{10,}/,
  /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}/,
  /\bAIza[\w-]{35}\b/,
];

export function looksSecret(path: string): boolean {
  return SECRET_PATHS.some(pattern => pattern.test(path));
}

export function holdsSecret(text: string): boolean {
  return SECRET_TEXTS.some(pattern => pattern.test(text));
}
