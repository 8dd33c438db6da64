# Written by holdfast: holdfast schedule remove takes it away, holdfast schedule print shows it.
[Unit]
Description=holdfast scan (${name})
Documentation=man:systemd.exec(5)
<#if system>
Wants=network-online.target
After=network-online.target time-sync.target
</#if>

[Service]
# While one runs, a second start waits for the same one: there is one run at a time.
Type=oneshot
ExecStart=${program} scan<#list arguments as argument> ${argument}</#list>
# 1: something fails the policy; the reports and notices say what. Everything else is a failure of the scan: 2 a mistake in
# its command line or files, 3 a node or check that could not be told (whoever is not watched must not look healthy).
SuccessExitStatus=1
TimeoutStartSec=${deadlineSeconds}
Nice=5
<#if java>
Environment=JAVA_HOME=${javaHome}
</#if>
<#if agent>
Environment=SSH_AUTH_SOCK=${agentSocket}
</#if>
<#if postgresql>
Environment=PGPASSFILE=%d/pgpass
</#if>
<#list credentials as credential>
LoadCredential=${credential}
</#list>
<#list encryptedCredentials as credential>
LoadCredentialEncrypted=${credential}
</#list>
<#if system>
<#if named>
User=${user}
<#else>
# One name for all schedules, so that they share a history.
DynamicUser=yes
User=holdfast
Environment=HOME=%S/holdfast
</#if>
StateDirectory=<#list stateDirectories as directory>${directory}<#sep> </#list>
StateDirectoryMode=0700
Environment=XDG_STATE_HOME=%S
<#list writable as directory>
ReadWritePaths=${directory}
</#list>
# No file but these can be written, and what is written others cannot read unless holdfast opens it to them.
UMask=0077
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
NoNewPrivileges=yes
RemoveIPC=yes
PrivateUsers=yes
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# Java compiles while it runs: MemoryDenyWriteExecute would end it.
<#else>
# A user's own manager may not restrict what root's may; these cost no privileges.
UMask=0077
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
NoNewPrivileges=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
</#if>
