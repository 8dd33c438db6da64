# Written by holdfast: holdfast schedule remove takes it away, holdfast schedule print shows it.
[Unit]
Description=holdfast scan (${name})
Documentation=man:systemd.exec(5)
Wants=network-online.target
After=network-online.target time-sync.target

[Service]
# A second start waits for the first one: there is one run at a time.
Type=oneshot
ExecStart=${program}<#list arguments as argument> ${argument}</#list>
# 1: something fails; 3: something could not be told. The reports say what: the unit has failed when the scan itself has.
SuccessExitStatus=1 3
TimeoutStartSec=${deadlineSeconds}
Nice=5
<#if named>
User=${user}
<#else>
DynamicUser=yes
</#if>
StateDirectory=holdfast
StateDirectoryMode=0700
Environment=HOME=%S/holdfast
<#if agent>
Environment=SSH_AUTH_SOCK=${agentSocket}
</#if>
<#list credentials as credential>
LoadCredential=${credential}
</#list>
<#list encryptedCredentials as credential>
LoadCredentialEncrypted=${credential}
</#list>
<#list writable as directory>
ReadWritePaths=${directory}
</#list>
# No file but the state's can be written, and what is written others cannot read unless holdfast opens it to them.
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
