{{- define "web.image" -}}
{{- $image := "registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111" -}}
{{- /* Until 3.2 this was
registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111 */ -}}
{{- $images := dict "tools" "registry.redhat.io/rhel7/tools@sha256:2222222222222222222222222222222222222222222222222222222222222222" -}}
{{- coalesce .Values.image $image -}}
{{- end -}}
