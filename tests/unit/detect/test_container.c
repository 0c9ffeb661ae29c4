/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/container.h"
#include "tests/unit/support/test.h"

#define ID   "4f1c7cd9b0bd2b1f5b5e8b3bb9b4d5a2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6"
#define ID2  "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
#define UID  "8dbc4c2e-9f3a-4c0e-b3d1-5f9e9d1f0a77"
#define UID_ "8dbc4c2e_9f3a_4c0e_b3d1_5f9e9d1f0a77"
#define STATIC_UID "3b5a7f9c1e2d4b6a8c0e1f2a3b4c5d6e"

static const struct row {
	const char *path, *id, *runtime, *pod_uid, *qos;
} rows[] = {
	/* no container */
	{"", "", "", "", ""},
	{"/", "", "", "", ""},
	{"/init.scope", "", "", "", ""},
	{"/system.slice/docker.service", "", "", "", ""},
	{"/system.slice/containerd.service", "", "", "", ""},
	{"/user.slice/user-1000.slice/session-3.scope", "", "", "", ""},
	{"/machine.slice/systemd-nspawn@web.service/payload", "", "", "", ""},
	{"/kubepods.slice", "", "", "", ""},
	{"/kubepods.slice/kubepods-burstable.slice", "", "", "", ""},
	{"/kubepods/besteffort", "", "", "", ""},
	{"/podcasts/podplayer", "", "", "", ""},
	{"/system.slice/docker-compose.scope", "", "", "", ""},
	{"/" "zz1c7cd9b0bd2b1f5b5e8b3bb9b4d5a2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6", "", "", "", ""},
	{"/" ID "0", "", "", "", ""},
	/* docker: cgroupfs, systemd, rootless, a parent of its own, in a container */
	{"/docker/" ID, ID, "docker", "", ""},
	{"/system.slice/docker-" ID ".scope", ID, "docker", "", ""},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" ID ".scope", ID, "docker", "", ""},
	{"/build.slice/" ID, ID, "", "", ""},
	{"/ecs/2f1d8c3a/" ID, ID, "", "", ""},
	{"/docker/" ID "/docker/" ID2, ID2, "docker", "", ""},
	{"/system.slice/docker-" ID ".scope/system.slice/nginx.service", ID, "docker", "", ""},
	{"system.slice:docker:" ID, ID, "docker", "", ""},
	/* podman: root, with an inner group, rootless, in a pod of its own; its monitor is no container */
	{"/machine.slice/libpod-" ID ".scope", ID, "podman", "", ""},
	{"/machine.slice/libpod-" ID ".scope/container", ID, "podman", "", ""},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope", ID, "podman", "", ""},
	{"/machine.slice/machine-libpod_pod_" ID2 ".slice/libpod-" ID ".scope", ID, "podman", "", ""},
	{"/libpod_parent/libpod-" ID, ID, "podman", "", ""},
	{"/machine.slice/libpod-conmon-" ID ".scope", "", "", "", ""},
	/* containerd alone */
	{"/system.slice/nerdctl-" ID ".scope", ID, "containerd", "", ""},
	{"/default/" ID, ID, "", "", ""},
	/* Kubernetes by systemd */
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID ".scope", ID,
	 "containerd", UID, "burstable"},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_ ".slice/crio-" ID ".scope", ID, "cri-o", UID,
	 "besteffort"},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_ ".slice/crio-" ID ".scope/container", ID,
	 "cri-o", UID, "besteffort"},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/docker-" ID ".scope", ID, "docker", UID, "guaranteed"},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice", "", "", UID, "guaranteed"},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" STATIC_UID ".slice/cri-containerd-" ID ".scope", ID,
	 "containerd", STATIC_UID, "burstable"},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-conmon-" ID ".scope", "", "", UID, "guaranteed"},
	{"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod" UID_
	 ".slice/cri-containerd-" ID ".scope",
	 ID, "containerd", UID, "burstable"},
	{"/docker/" ID2 "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope", ID,
	 "containerd", UID, "guaranteed"},
	/* Kubernetes by directories */
	{"/kubepods/burstable/pod" UID "/" ID, ID, "", UID, "burstable"},
	{"/kubepods/besteffort/pod" UID "/" ID, ID, "", UID, "besteffort"},
	{"/kubepods/pod" UID "/" ID, ID, "", UID, "guaranteed"},
	{"/kubepods/pod" STATIC_UID "/" ID, ID, "", STATIC_UID, "guaranteed"},
	{"/kubepods/burstable/pod" UID "/crio-" ID, ID, "cri-o", UID, "burstable"},
	{"/kubepods/burstable/pod" UID, "", "", UID, "burstable"},
	/* systemd's names given to a runtime that makes plain directories */
	{"/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID, ID, "containerd", UID, "burstable"},
	{"/system.slice/containerd.service/kubepods-besteffort-pod" UID_ ".slice:cri-containerd:" ID, ID, "containerd", UID,
	 "besteffort"},
};

static void every_shape_of_path_tells_container_runtime_pod_and_class(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct container got;
		print_message("%s\n", rows[i].path);
		assert_int_equal(container_parse(rows[i].path, &got), *rows[i].id || *rows[i].pod_uid);
		assert_string_equal(got.id, rows[i].id);
		assert_string_equal(got.runtime, rows[i].runtime);
		assert_string_equal(got.pod_uid, rows[i].pod_uid);
		assert_string_equal(got.qos, rows[i].qos);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape_of_path_tells_container_runtime_pod_and_class),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
