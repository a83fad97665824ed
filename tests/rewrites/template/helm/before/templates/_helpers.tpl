{{- define "web.image" -}}
{{- $etcd := "registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111" -}}
{{- /* the old one was
registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111 */ -}}
{{- printf "%s" $etcd -}}
{{- end -}}
