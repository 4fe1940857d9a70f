/**
 * Where secrets stand in one line of Cisco IOS, IOS XE and strongSwan text. Each pattern shows the lines that it is for; the group
 * `secret` is what goes. Used by redact.ts, which takes one line at a time.
 *
 * Lines are hostile. Every gap is a bounded number of words and every pattern begins with a literal word, so that a line costs time in
 * proportion to its length. Nothing here may match an SPI, an address or a counter.
 */

export interface SecretPattern {
  /** A real line each, for the reader and for test/redact. */
  readonly samples: readonly string[];
  readonly pattern: RegExp;
}

/** Encryption type before the value: 0 clear, 4, 5, 8, 9 hashes, 6 AES, 7 Vigenère. */
const TYPE = String.raw`(?:[0-9]\s+)?`;
const WORD = String.raw`(?<secret>\S+)`;
/** IOS takes the rest of the line as a password. */
const REST = String.raw`(?<secret>\S+(?:[ \t]+\S+)*)`;
/** A command at the start of its line, also in a change log: `logged command:…`, `… joe@vty0 | …`. */
const START = String.raw`(?:^\s*|\blogged command:\s*|\|\s*)`;
const QUOTED = String.raw`(?<secret>[^"\r\n]+)`;

const line = (samples: readonly string[], source: string, flags = 'g'): SecretPattern => ({
  samples,
  pattern: new RegExp(source, flags),
});

export const secretPatterns: readonly SecretPattern[] = [
  // IKE
  line(
    ['crypto isakmp key cisco123 address 0.0.0.0 0.0.0.0', 'crypto isakmp key 6 FLgBaJHXdYY_AcHZZMgQ hostname spoke1'],
    String.raw`(?<head>\bcrypto isakmp key\s+(?:[0-9]\s+(?!address\b|hostname\b))?)${WORD}`,
  ),
  line(
    [
      ' pre-shared-key cisco123',
      ' pre-shared-key local 6 abcDEF',
      ' pre-shared-key remote cisco123',
      ' pre-shared-key hex 0a0b0c0d',
      '  pre-shared-key address 10.1.1.1 255.255.255.255 key cisco123',
      '  pre-shared-key hostname spoke1 key 6 abcDEF',
    ],
    String.raw`(?<head>\bpre-shared-key\s+(?:(?:address|hostname)\s+\S+(?:\s+[0-9][0-9.]*)?\s+key\s+|(?:local|remote)\s+)?(?:hex\s+)?${TYPE})(?!(?:address|hostname|local|remote|hex)\b)${WORD}`,
  ),
  line(
    [' authentication remote pre-share key cisco123', ' authentication local pre-share key 6 abcDEF'],
    String.raw`(?<head>\bpre-share\s+key\s+${TYPE})${WORD}`,
  ),
  line(['  set aggressive-mode password cisco123'], String.raw`(?<head>\baggressive-mode\s+password\s+)${WORD}`),
  // Manual keys of a crypto map.
  line(
    [
      ' set session-key inbound esp 256 cipher 0123456789abcdef authenticator 00112233445566778899aabbccddeeff',
      ' set session-key outbound esp 257 cipher 0123456789abcdef',
    ],
    String.raw`(?<head>\bset session-key\s+(?:in|out)bound\s+esp\s+[0-9]{1,10}\s+cipher\s+)${WORD}`,
  ),
  line(
    [
      ' set session-key inbound esp 256 cipher <redacted:00000000> authenticator 00112233445566778899aabbccddeeff',
      ' set session-key outbound ah 256 00112233445566778899aabbccddeeff',
    ],
    String.raw`(?<head>\bset session-key\s+(?:in|out)bound\s+(?:ah\s+[0-9]{1,10}|esp\s+[0-9]{1,10}\s+(?:cipher\s+\S+\s+)?authenticator)\s+)${WORD}`,
  ),
  line(['key config-key password-encrypt Master-Key-1'], String.raw`(?<head>\bconfig-key\s+password-encrypt\s+)${WORD}`),

  // SNMP
  line(
    ['snmp-server community public RO 10', 'snmp-server community s3cret view V rw'],
    String.raw`(?<head>\bsnmp-server community\s+${TYPE})${WORD}`,
  ),
  line(
    [
      'snmp-server host 10.1.1.1 public event-manager',
      'snmp-server host 10.1.1.1 vrf mgmt informs version 2c s3cret udp-port 10162 event-manager',
    ],
    String.raw`(?<head>\bsnmp-server host\s+\S+(?:\s+vrf\s+\S+)?(?:\s+(?:informs|traps))?(?:\s+version\s+(?:1|2c))?\s+)(?!(?:informs|traps|version|vrf)\b)${WORD}`,
  ),
  line(
    ['snmp-server user pair grp v3 auth sha authpass1 priv aes 128 privpass1'],
    String.raw`(?<head>\bsnmp-server user(?:\s+\S+){2,12}?\s+auth\s+(?:md5|sha\S*)\s+)${WORD}`,
  ),
  line(
    [
      'snmp-server user pair grp v3 auth sha <redacted:00000000> priv aes 128 privpass1',
      'snmp-server user pair grp v3 auth md5 x priv des56 privpass1',
    ],
    String.raw`(?<head>\bsnmp-server user(?:\s+\S+){2,16}?\s+priv\s+(?:aes\s+(?:128|192|256)\s+|3?des\S*\s+))${WORD}`,
  ),
  line(
    ['Community name: public', 'Community Index: public', 'Community SecurityName: public'],
    String.raw`(?<head>\bCommunity\s(?:name|Index|SecurityName):\s+)${WORD}`,
  ),
  line(
    ['user: public security model: v2c', 'groupname: public   security model:v1'],
    String.raw`(?<head>\b(?:user|groupname):\s+)(?<secret>\S+)(?=\s+security model:\s*v[12])`,
  ),

  // Log-ins
  line(
    ['enable secret 9 $9$nhEmQVczB7dqsO$X.HsgL6x1il0RxkOSSvyQYwucySCt7qFm4v7pqCxkKM', 'enable password level 7 0 open sesame'],
    String.raw`(?<head>\benable\s+(?:secret|password)\s+(?:level\s+[0-9]{1,2}\s+)?${TYPE})${REST}`,
  ),
  line(
    ['username admin privilege 15 secret 5 $1$abcd$xyz', 'username spoke1 password 0 cisco'],
    String.raw`(?<head>\busername\s+\S+(?:\s+\S+){0,8}?\s+(?:password|secret)\s+${TYPE})${REST}`,
  ),
  line(
    [' password 7 0822455D0A16', 'logged command:password cisco'],
    String.raw`(?<head>${START}password\s+(?!required\b)${TYPE})${REST}`,
  ),
  line(
    [' ppp chap password 7 0822455D0A16', ' ppp pap sent-username spoke1 password 0 cisco'],
    String.raw`(?<head>\bppp\s+(?:chap\s+|pap\s+sent-username\s+\S+\s+)password\s+${TYPE})${WORD}`,
  ),
  line(
    [
      'tacacs-server key 7 0822455D0A16',
      'radius-server host 10.1.1.1 auth-port 1812 acct-port 1813 key s3cret',
      ' server-private 10.1.1.1 key 7 0822',
    ],
    String.raw`(?<head>\b(?:tacacs-server|radius-server|server-private)(?:\s+\S+){0,10}?\s+key\s+${TYPE})${REST}`,
  ),
  line([' client 10.1.1.1 server-key 7 0822455D0A16'], String.raw`(?<head>\bserver-key\s+${TYPE})${WORD}`),
  // Inside `radius server`, `tacacs server`, `client configuration group`; a number alone is the id of a key in a chain.
  line(
    [' key 7 0822455D0A16', ' key s3cret'],
    String.raw`(?<head>^\s+key\s+(?:[0-9]\s+)?)(?!chain\b|config-key\b|[0-9]{1,10}\s*$)(?<secret>\S+)(?=\s*$)`,
  ),
  line(
    ['ip ftp password 7 0822455D0A16', 'ip http client password 0 cisco'],
    String.raw`(?<head>\bip\s+(?:ftp|http client)\s+password\s+${TYPE})${WORD}`,
  ),
  line(['copy ftp://joe:s3cret@10.1.1.1/x flash:'], String.raw`(?<head>:\/\/[^\s:/@]{1,64}:)(?<secret>[^\s@/]{1,128})(?=@)`),

  // Routing, redundancy, tunnels
  line(
    [' neighbor 10.1.1.1 password 7 0822455D0A16', 'mpls ldp neighbor 10.1.1.1 password cisco'],
    String.raw`(?<head>\bneighbor\s+\S+\s+password\s+${TYPE})${REST}`,
  ),
  line(
    ['  key-string 7 0822455D0A16', '  key-string two words', '  key-string password 0123456789ABCDEF01234567'],
    String.raw`(?<head>${START}key-string\s+${TYPE}(?:(?:password|clear|encrypted)\s+)?)${REST}`,
  ),
  line(
    [' standby 1 authentication md5 key-string 7 0822455D0A16 timeout 30'],
    String.raw`(?<head>\bkey-string\s+${TYPE}(?:(?:password|clear|encrypted)\s+)?)${WORD}`,
  ),
  line(['    key 1 -- text "cisco123"'], String.raw`(?<head>\bkey\s+[0-9]{1,10}\s+--\s+text\s+")${QUOTED}(?=")`),
  line(
    [' standby 1 authentication cisco', ' vrrp 1 authentication text cisco', ' glbp 1 authentication text cisco'],
    String.raw`(?<head>\b(?:standby|vrrp|glbp)\s+(?:[0-9]{1,4}\s+)?authentication\s+(?:text\s+)?)(?!md5\b|text\b)${WORD}`,
  ),
  line(
    ['  Authentication text "cisco"', '  Authentication text, string "cisco"'],
    String.raw`(?<head>\bAuthentication\s+text(?:, string)?\s+")${QUOTED}(?=")`,
  ),
  line(
    [' ip ospf authentication-key 7 0822455D0A16', 'area 1 virtual-link 10.1.1.1 authentication-key cisco'],
    String.raw`(?<head>(?<!\bntp )\bauthentication-key\s+${TYPE})${WORD}`,
  ),
  line(['ntp authentication-key 1 md5 cisco 7'], String.raw`(?<head>\bntp authentication-key\s+[0-9]{1,10}\s+\S+\s+)${WORD}`),
  line(
    [' ip ospf message-digest-key 1 md5 7 0822455D0A16'],
    String.raw`(?<head>\bmessage-digest-key\s+[0-9]{1,3}\s+md5\s+${TYPE})${WORD}`,
  ),
  line(
    [' isis password cisco level-1', ' area-password cisco', ' domain-password cisco'],
    String.raw`(?<head>\b(?:isis password|area-password|domain-password)\s+${TYPE})${WORD}`,
  ),
  line([' tunnel key 123456'], String.raw`(?<head>\btunnel key\s+)${WORD}`),
  line(['  Key 0x1E240, sequencing disabled'], String.raw`(?<head>^\s+Key\s+)(?<secret>0x[0-9A-Fa-f]{1,8})(?=, sequencing)`),
  line(
    [' ip nhrp authentication NHRPkey1', ' ipv6 nhrp authentication NHRPkey1'],
    String.raw`(?<head>\bnhrp authentication\s+)${WORD}`,
  ),
  line(['       type:Cleartext(1), data:NHRPkey1'], String.raw`(?<head>\bCleartext\(1\),\s*data:)${WORD}`),
  line([' wpa-psk ascii 7 0822455D0A16'], String.raw`(?<head>\bwpa-psk\s+(?:ascii|hex)\s+${TYPE})${WORD}`),

  // strongSwan
  line(
    ['      secret = "s3cret"', 'secret = 0sFpZAZqEN6Ti9sqt4ZP5EWcqx'],
    String.raw`(?<head>\bsecret\s*=\s*"?)(?<secret>[^\s"]+)`,
  ),
  line(
    ['10.1.1.1 %any : PSK "s3cret"', 'joe : EAP "s3cret"'],
    String.raw`(?<head>: (?:PSK|EAP|XAUTH|NTLM|PIN)\s+")${QUOTED}(?=")`,
  ),
  line([': PSK 0sFpZAZqEN6Ti9sqt4ZP5EWcqx'], String.raw`(?<head>: PSK\s+)(?<secret>0[sx]\S+)`),

  // The kernel's SAs without `nokeys`: none of ours asks so, a person's paste may.
  line(
    [
      '\tauth-trunc hmac(sha256) 0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 128',
      '\tenc cbc(aes) 0x00112233445566778899aabbccddeeff',
      '\taead rfc4106(gcm(aes)) 0x00112233445566778899aabbccddeeff00112233 128',
    ],
    String.raw`(?<head>\b(?:auth-trunc|auth|enc|aead)\s{1,4}[a-z0-9()_-]{1,64}\s{1,4})(?<secret>0x[0-9A-Fa-f]{8,})`,
  ),

  // Key material in debugs: eight bytes of hex or more. `SKEYID state generated` stays.
  line(
    ['ISAKMP:(1001):SKEYID_d: 0x00112233445566778899aabbccddeeff', 'nonce = 00112233 44556677 8899AABB CCDDEEFF'],
    String.raw`(?<head>\b(?:SKEYID(?:_[adeo])?|SK_[a-z]{1,2}|[Nn]once|[Kk]eymat|KEYMAT|shared secret)[ \t:=]{1,8}(?:0x)?)(?<secret>(?:[0-9A-Fa-f]{2}[ :]?){7,}[0-9A-Fa-f]{2})(?![0-9A-Za-z])`,
  ),
];

/** All of them as one, to tell whether any is found: a third of a debug's lines hold `key` or the like, and one look costs a fifth of all. */
export const anySecretPattern = new RegExp(
  secretPatterns.map(({ pattern }) => pattern.source.replaceAll(/\(\?<(?:head|secret)>/g, '(?:')).join('|'),
);

/** A line without any of these has no secret that a pattern knows. Kept simple: it is run on every line of a log. */
export const mayHoldSecret =
  /key|secret|passw|communit|nhrp|\bauth|pre-share|security model|SKEYID|SK_|nonce|keymat|: (?:PSK|EAP|XAUTH|NTLM|PIN)|wpa-psk|\benc |\baead |Cleartext|:\/\/|snmp-server/i;
