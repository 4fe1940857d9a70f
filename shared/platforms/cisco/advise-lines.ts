/**
 * What `spitrap advise -c` asks of a router: parts of `show running-config`, in as few lines as 200 characters of a filter allow, because
 * each makes the router build its configuration anew. Lines of keyrings, pre-shared keys and certificates are never asked for, of SNMP only
 * communities that everybody knows; sections of interfaces and IKE profiles may still hold keys. IOS takes no `?` on a line.
 */
export const adviseLines: readonly string[] = [
  'show running-config | include ^(version|hostname|service|logging|ntp (server|peer|master)|sntp server|aaa authorization commands|no (service|logging|crypto))',
  'show running-config | include ^(event manager session|snmp-server (enable|manager|community (public|private)|host.*(public|private)))',
  'show running-config | section ^crypto (map|dynamic-map|gdoi|ipsec|isakmp (policy|profile|keepalive|invalid|nat)|ikev2 (profile|policy|dpd|nat))',
  'show running-config | section ^interface',
  'show running-config | section ^(line vty|event manager applet)',
];
