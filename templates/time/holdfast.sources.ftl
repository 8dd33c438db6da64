<#-- chronyd reads this directory when it starts and at "chronyc reload sources"; the node's other sources stay. -->
# Written by holdfast for the check time.synchronized.
<#list servers as server>
server ${server} iburst
</#list>
