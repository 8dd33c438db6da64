# Written by holdfast for the check sshd.password-authentication.
PasswordAuthentication no
KbdInteractiveAuthentication no
<#if overrulesLaterBlocks>
# sshd keeps the first value among the Match blocks too: blocks of later files do not open this again.
Match all
    PasswordAuthentication no
    KbdInteractiveAuthentication no
</#if>
