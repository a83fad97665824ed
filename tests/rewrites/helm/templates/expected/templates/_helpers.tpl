{{- define "web.image" -}}
{{- $image := "registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1" -}}
{{- /* Until 3.2 this was
registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111 */ -}}
{{- $images := dict "tools" "registry.redhat.io/rhel7/tools@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2" -}}
{{- coalesce .Values.image $image -}}
{{- end -}}
