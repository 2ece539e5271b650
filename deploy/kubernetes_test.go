package deploy_test

import (
	"maps"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/config"
)

type (
	labels = map[string]string

	object struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   struct {
			Name                string
			Labels, Annotations labels
		}
	}

	selector struct {
		MatchLabels labels `yaml:"matchLabels"`
	}

	probe struct {
		HTTPGet struct {
			Path, Port string
		} `yaml:"httpGet"`
		PeriodSeconds    int `yaml:"periodSeconds"`
		TimeoutSeconds   int `yaml:"timeoutSeconds"`
		FailureThreshold int `yaml:"failureThreshold"`
	}

	container struct {
		Name, Image string
		Args        []string
		Env         []struct{ Name, Value string }
		Ports       []struct {
			Name          string
			ContainerPort int `yaml:"containerPort"`
		}
		Lifecycle struct {
			PreStop struct{ Sleep struct{ Seconds int } } `yaml:"preStop"`
		}
		StartupProbe    probe `yaml:"startupProbe"`
		ReadinessProbe  probe `yaml:"readinessProbe"`
		LivenessProbe   probe `yaml:"livenessProbe"`
		Resources       struct{ Requests, Limits labels }
		SecurityContext struct {
			AllowPrivilegeEscalation bool `yaml:"allowPrivilegeEscalation"`
			ReadOnlyRootFilesystem   bool `yaml:"readOnlyRootFilesystem"`
			Capabilities             struct{ Drop []string }
		} `yaml:"securityContext"`
		VolumeMounts []struct {
			Name      string
			MountPath string `yaml:"mountPath"`
			ReadOnly  bool   `yaml:"readOnly"`
		} `yaml:"volumeMounts"`
	}

	pod struct {
		AutomountServiceAccountToken  *bool `yaml:"automountServiceAccountToken"`
		EnableServiceLinks            *bool `yaml:"enableServiceLinks"`
		TerminationGracePeriodSeconds int   `yaml:"terminationGracePeriodSeconds"`
		SecurityContext               struct {
			RunAsNonRoot   bool `yaml:"runAsNonRoot"`
			RunAsUser      int  `yaml:"runAsUser"`
			RunAsGroup     int  `yaml:"runAsGroup"`
			FSGroup        int  `yaml:"fsGroup"`
			SeccompProfile struct {
				Type string
			} `yaml:"seccompProfile"`
		} `yaml:"securityContext"`
		TopologySpreadConstraints []struct {
			MaxSkew           int      `yaml:"maxSkew"`
			TopologyKey       string   `yaml:"topologyKey"`
			WhenUnsatisfiable string   `yaml:"whenUnsatisfiable"`
			LabelSelector     selector `yaml:"labelSelector"`
		} `yaml:"topologySpreadConstraints"`
		Containers []container
		Volumes    []struct {
			Name      string
			ConfigMap struct{ Name string } `yaml:"configMap"`
			Secret    struct {
				SecretName  string `yaml:"secretName"`
				DefaultMode int    `yaml:"defaultMode"`
			}
			EmptyDir struct {
				SizeLimit string `yaml:"sizeLimit"`
			} `yaml:"emptyDir"`
		}
	}

	deployment struct {
		object `yaml:",inline"`
		Spec   struct {
			Replicas int
			Selector selector
			Strategy struct {
				Type          string
				RollingUpdate struct {
					MaxUnavailable int `yaml:"maxUnavailable"`
					MaxSurge       int `yaml:"maxSurge"`
				} `yaml:"rollingUpdate"`
			}
			Template struct {
				Metadata struct{ Labels, Annotations labels }
				Spec     pod
			}
		}
	}

	kustomization struct {
		APIVersion         string `yaml:"apiVersion"`
		Kind, Namespace    string
		Labels             []struct{ Pairs labels }
		Resources          []string
		ConfigMapGenerator []struct {
			Name  string
			Files []string
		} `yaml:"configMapGenerator"`
		Images []struct {
			Name    string
			NewName string `yaml:"newName"`
			NewTag  string `yaml:"newTag"`
		}
	}
)

const cluster = "kubernetes/"

func readDeployment(t *testing.T) (deployment, container, config.Config) {
	t.Helper()
	var d deployment
	text := parse(t, cluster+"deployment.yaml", &d)
	if d.Kind != "Deployment" || d.APIVersion != "apps/v1" || len(d.Spec.Template.Spec.Containers) != 1 {
		t.Fatalf("%+v", d.object)
	}
	checkVariables(t, "deployment.yaml", text)
	c, err := config.Load(cluster+"reviewgate.yml", nil)
	if err != nil {
		t.Fatal(err)
	}
	return d, d.Spec.Template.Spec.Containers[0], c
}

func TestKustomization(t *testing.T) {
	t.Parallel()
	var k kustomization
	parse(t, cluster+"kustomization.yaml", &k)
	d, c, _ := readDeployment(t)
	entries, err := os.ReadDir("kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	listed := slices.Concat(k.Resources, k.ConfigMapGenerator[0].Files, []string{"kustomization.yaml"})
	for _, e := range entries {
		if !slices.Contains(listed, e.Name()) {
			t.Errorf("%s is not listed", e.Name())
		}
	}
	for _, name := range listed {
		read(t, cluster+name)
	}
	if k.Images[0].Name != c.Image || k.Images[0].NewTag == "" || k.Images[0].NewTag == "latest" {
		t.Errorf("images %+v, the deployment's is %s", k.Images, c.Image)
	}
	volumes := d.Spec.Template.Spec.Volumes
	if volumes[0].ConfigMap.Name != k.ConfigMapGenerator[0].Name {
		t.Errorf("no configuration %s", volumes[0].ConfigMap.Name)
	}
	var namespace object
	parse(t, cluster+"namespace.yaml", &namespace)
	if namespace.Metadata.Name != k.Namespace || namespace.Metadata.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
		t.Errorf("%+v", namespace)
	}
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Log("kubectl is absent; it has not built the manifests")
	} else if out, err := exec.CommandContext(t.Context(), "kubectl", "kustomize", "kubernetes").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestDeploymentRunsTheService holds the pod to the binary, its configuration
// and the probes that it answers.
func TestDeploymentRunsTheService(t *testing.T) {
	t.Parallel()
	d, c, cfg := readDeployment(t)
	checkCommand(t, "deployment.yaml", c.Args)
	ports := map[string]int{}
	for _, p := range c.Ports {
		ports[p.Name] = p.ContainerPort
	}
	if diff := cmp.Diff(map[string]int{"webhooks": port(t, cfg.Listen), "admin": port(t, cfg.AdminListen)}, ports); diff != "" {
		t.Errorf("ports (-configuration +container):\n%s", diff)
	}
	service := read(t, "../internal/service/service.go")
	for _, p := range []probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
		if !strings.Contains(service, `"GET `+p.HTTPGet.Path+`"`) || ports[p.HTTPGet.Port] == 0 || p.PeriodSeconds == 0 {
			t.Errorf("nobody answers the probe %+v", p)
		}
	}
	if c.LivenessProbe.HTTPGet.Path == c.ReadinessProbe.HTTPGet.Path {
		t.Error("a database that is away would start the pod again")
	}
	if d.Spec.Template.Metadata.Annotations["prometheus.io/port"] != "8081" ||
		!strings.Contains(read(t, "../internal/service/metrics.go"), `"GET `+d.Spec.Template.Metadata.Annotations["prometheus.io/path"]+`"`) {
		t.Errorf("annotations %v", d.Spec.Template.Metadata.Annotations)
	}
	if !cfg.Postgres() || d.Spec.Replicas < 2 || d.Spec.Strategy.RollingUpdate.MaxUnavailable != 0 ||
		d.Spec.Strategy.RollingUpdate.MaxSurge < 1 {
		t.Errorf("%d replicas on %s, %+v", d.Spec.Replicas, cfg.Database, d.Spec.Strategy)
	}
}

func port(t *testing.T, address string) int {
	t.Helper()
	_, p, err := net.SplitHostPort(address)
	n, err2 := net.LookupPort("tcp", p)
	if err != nil || err2 != nil {
		t.Fatal(address)
	}
	return n
}

// TestDeploymentFiles holds that each file that the configuration names is
// mounted, and that the secret has no key that nobody is told to put there.
func TestDeploymentFiles(t *testing.T) {
	t.Parallel()
	d, c, cfg := readDeployment(t)
	mounts := map[string]string{}
	for _, m := range c.VolumeMounts {
		mounts[m.Name] = m.MountPath
		if written := m.MountPath == "/var/lib/reviewgate" || m.MountPath == "/tmp"; m.ReadOnly == written {
			t.Errorf("%s: read only is %t", m.MountPath, m.ReadOnly)
		}
	}
	for _, v := range d.Spec.Template.Spec.Volumes {
		if mounts[v.Name] == "" {
			t.Errorf("nothing mounts %s", v.Name)
		}
	}
	if len(mounts) != len(d.Spec.Template.Spec.Volumes) || c.Args[2] != mounts["config"]+"/reviewgate.yml" {
		t.Errorf("mounts %v, arguments %v", mounts, c.Args)
	}
	told := map[string]bool{}
	for _, m := range regexp.MustCompile(`--from-file=([a-z-]+)`).FindAllStringSubmatch(read(t, cluster+"kustomization.yaml"), -1) {
		told[m[1]] = true
	}
	used := map[string]bool{}
	for _, file := range []string{cfg.DatabasePasswordFile, cfg.Forges[0].WebhookSecretFile, cfg.Forges[0].App.PrivateKeyFile} {
		key, ok := strings.CutPrefix(file, mounts["secrets"]+"/")
		if !ok {
			t.Errorf("%s is not mounted", file)
		}
		used[key] = true
	}
	if !maps.Equal(told, used) {
		t.Errorf("keys of the secret: told %v, used %v", told, used)
	}
}

// TestDeploymentIsConfined holds what the restricted pod security standard asks
// for, and a little more.
func TestDeploymentIsConfined(t *testing.T) {
	t.Parallel()
	d, c, _ := readDeployment(t)
	p := d.Spec.Template.Spec
	s := c.SecurityContext
	if s.AllowPrivilegeEscalation || !s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []string{"ALL"}) {
		t.Errorf("%+v", s)
	}
	if p.EnableServiceLinks == nil || *p.EnableServiceLinks {
		t.Error("the Service's variables look like the configuration's")
	}
	if !p.SecurityContext.RunAsNonRoot || p.SecurityContext.SeccompProfile.Type != "RuntimeDefault" ||
		p.AutomountServiceAccountToken == nil || *p.AutomountServiceAccountToken {
		t.Errorf("%+v", p.SecurityContext)
	}
	if !strings.Contains(read(t, "../Dockerfile"), "USER 65532:65532") || p.SecurityContext.RunAsUser != 65532 {
		t.Error("the pod's user is not the image's")
	}
	if c.Resources.Requests["memory"] == "" {
		t.Error("no memory is asked for")
	}
}

// TestDeploymentStops holds that a pod that is to stop has time to: first nobody
// sends to it any more, then what runs ends.
func TestDeploymentStops(t *testing.T) {
	t.Parallel()
	d, c, _ := readDeployment(t)
	pause, grace := c.Lifecycle.PreStop.Sleep.Seconds, d.Spec.Template.Spec.TerminationGracePeriodSeconds
	m := regexp.MustCompile(`const stopGrace = (\d+) \* time.Second`).FindStringSubmatch(read(t, "../internal/service/service.go"))
	if m == nil {
		t.Fatal("service.go does not say how long it may take to stop")
	}
	stop, err := strconv.Atoi(m[1])
	if err != nil || pause < 2 || pause+3*stop > grace { // it waits once for requests and twice that for work
		t.Errorf("%d + 3*%d of %d seconds, %v", pause, stop, grace, err)
	}
}

// TestSelectors holds that service, budget and network policy mean these pods.
func TestSelectors(t *testing.T) {
	t.Parallel()
	d, _, cfg := readDeployment(t)
	var service struct {
		object `yaml:",inline"`
		Spec   struct {
			Selector labels
			Ports    []struct {
				Name       string
				Port       int
				TargetPort string `yaml:"targetPort"`
			}
		}
	}
	var budget struct {
		object `yaml:",inline"`
		Spec   struct {
			MaxUnavailable int `yaml:"maxUnavailable"`
			Selector       selector
		}
	}
	type rule struct {
		Ports []struct {
			Port     int
			Protocol string
		}
		From []struct {
			NamespaceSelector selector `yaml:"namespaceSelector"`
		}
	}
	var policy struct {
		object `yaml:",inline"`
		Spec   struct {
			PodSelector     selector `yaml:"podSelector"`
			PolicyTypes     []string `yaml:"policyTypes"`
			Ingress, Egress []rule
		}
	}
	parse(t, cluster+"service.yaml", &service)
	parse(t, cluster+"poddisruptionbudget.yaml", &budget)
	parse(t, cluster+"networkpolicy.yaml", &policy)
	pods := d.Spec.Template.Metadata.Labels
	for what, selected := range map[string]labels{
		"deployment": d.Spec.Selector.MatchLabels, "service": service.Spec.Selector,
		"budget": budget.Spec.Selector.MatchLabels, "network policy": policy.Spec.PodSelector.MatchLabels,
		"spread": d.Spec.Template.Spec.TopologySpreadConstraints[0].LabelSelector.MatchLabels,
	} {
		if diff := cmp.Diff(pods, selected); diff != "" {
			t.Errorf("%s (-pods +selected):\n%s", what, diff)
		}
	}
	if budget.Spec.MaxUnavailable < 1 || budget.Spec.MaxUnavailable >= d.Spec.Replicas {
		t.Errorf("%d of %d may be away", budget.Spec.MaxUnavailable, d.Spec.Replicas)
	}
	if service.Spec.Ports[0].TargetPort != "webhooks" {
		t.Errorf("%+v", service.Spec.Ports)
	}
	for _, r := range policy.Spec.Ingress {
		admin := r.Ports[0].Port == port(t, cfg.AdminListen)
		if !admin && r.Ports[0].Port != port(t, cfg.Listen) || admin && len(r.From) == 0 {
			t.Errorf("%+v", r)
		}
	}
	var out []int
	for _, r := range policy.Spec.Egress {
		out = append(out, r.Ports[0].Port)
	}
	if !slices.Equal(out, []int{53, 443, 5432}) || len(policy.Spec.PolicyTypes) != 2 {
		t.Errorf("out to %v, %v", out, policy.Spec.PolicyTypes)
	}
}
