# Written by holdfast for the check sshd.password-authentication.
PasswordAuthentication no
KbdInteractiveAuthentication no
