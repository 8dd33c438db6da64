<#-- sshd keeps the first value it reads: this file's name sorts before all other drop-ins. -->
# Written by holdfast for the check sshd.root-login.
PermitRootLogin ${rootLogin}
<#if peers?has_content>
# Proxmox VE needs root between members: migration, replication and shells. A Match block ends with its file.
Match Address <#list peers as peer>${peer}<#sep>,</#list>
    PermitRootLogin ${rootLoginFromPeers}
</#if>
<#if overrulesLaterBlocks>
# sshd keeps the first value among the Match blocks too: blocks of later files do not open this again.
Match all
    PermitRootLogin ${rootLogin}
</#if>
