{{- define "web.image" -}}
registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
{{- end -}}
{{- define "web.image2" -}}
{{- if .Values.image -}}{{ .Values.image }}{{- else -}}registry.redhat.io/rhel7/etcd:1@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2{{- end -}}
{{- end -}}
{{- define "web.image3" -}}
{{- $digest := "sha256:a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3" -}}
{{- $repo := "registry.redhat.io/rhel7/etcd" -}}
{{- printf "%s@%s" $repo $digest -}}
{{- end -}}
{{- define "web.image4" -}}
{{- $image := dict "repository" "registry.redhat.io/rhel7/web" "tag" "1" "digest" "sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1" -}}
{{- end -}}
{{- $images := dict
    "etcd" "registry.redhat.io/rhel7/etcd@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"
    "web" "registry.redhat.io/rhel7/web@sha256:a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3"
-}}
{{- $default := list "registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1" -}}
{{/* vim: registry.redhat.io/rhel7/etcd@sha256:2222222222222222222222222222222222222222222222222222222222222222 */}}
{{- define "web.sha" }}sha256:{{ .Values.x }}{{ end }}
{{- define "web.inline" -}}image: registry.redhat.io/rhel7/etcd@sha256:a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3{{ end }}
{{- define "web.checksum" -}}
checksum/config: sha256:1111111111111111111111111111111111111111111111111111111111111111
{{- end }}
{{- define "web.containers" -}}
- name: a
  image: {{ .Values.global.imageRegistry }}/rhel7/etcd@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2
{{- end }}
